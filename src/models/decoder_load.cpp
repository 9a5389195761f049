// From the tensors of a file to a decoder that can run. Everything a file can get wrong is refused
// here or in decoder_tensors.cpp, so that the forward pass cannot fail.

#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "models/decoder.h"
#include "models/model_tensors.h"

namespace quern::models {
namespace {

using kernels::Precision;

constexpr int kEmbeddingSection = Decoder::kEmbeddingSection;
constexpr int kOutputSection = 1;
constexpr int kFirstLayerSection = 2;

/// Rows of the embedding are looked up, or all of it is multiplied where it is the output too.
std::vector<SectionUse> section_uses(const ModelTensors& t) {
  std::vector<SectionUse> uses(t.blocks.size() + kFirstLayerSection, SectionUse::kInTurn);
  uses[kEmbeddingSection] = t.output.empty() ? SectionUse::kRowsAndInTurn : SectionUse::kRows;
  // Of tied models it is a norm.
  uses[kOutputSection] = t.output.empty() ? SectionUse::kAlways : SectionUse::kInTurn;
  return uses;
}

std::vector<int> section_order(const ModelTensors& t) {
  std::vector<int> order(t.blocks.size());
  std::iota(order.begin(), order.end(), kFirstLayerSection);
  order.push_back(t.output.empty() ? kEmbeddingSection : kOutputSection);
  return order;
}

// The embedding and the output matrix stay as they are stored: rows are looked up in one, and the
// other is what int8 would harm most.
SectionWalk walk_of(const ModelTensors& t, Precision precision, Decoder& m) {
  const Placing how{.precision = precision,
                    .norm_kind = NormKind::kRms,
                    .norm_eps = m.config.norm_eps,
                    .norm_added = m.config.norm_adds_one ? 1.0f : 0.0f};
  m.blocks.resize(t.blocks.size());
  const auto place = [&t, &m, how](int section, WeightPlacer& placer) {
    if (section == kEmbeddingSection) {
      m.token_embedding = placer.weight(t.token, Precision::kStored);
      if (t.output.empty()) m.output.weight = m.token_embedding;
    } else if (section == kOutputSection) {
      if (!t.output.empty()) m.output.weight = placer.weight(t.output, Precision::kStored);
      m.final_norm = place_norm(t.final_norm, how, placer);
    } else {
      const auto i = static_cast<std::size_t>(section - kFirstLayerSection);
      place_block(t.blocks[i], how, nullptr, placer, m.blocks[i]);
    }
  };
  m.section_order = section_order(t);
  return walk_sections(section_uses(t), place);
}

Status check_config(const formats::DecoderModel& model, Precision precision) {
  const formats::DecoderConfig& c = model.config;
  if (c.d_head > kernels::kMaxHeadWidth) {
    return {Code::kUnsupported,
            fmt::format("model '{}': attention heads are {} wide, want at most {}", model.path,
                        c.d_head, kernels::kMaxHeadWidth)};
  }
  if (precision != Precision::kBf16 || (c.d_ff % 2 == 0 && c.n_heads * c.d_head % 2 == 0))
    return {};
  return {Code::kUnsupported,
          fmt::format("model '{}': bf16 needs even widths, this model's are {} and {}", model.path,
                      c.d_ff, c.n_heads * c.d_head)};
}

void set_facts(Decoder& m) {
  m.shape = block_shape(m.config);
  m.forms = step_forms(m.blocks);
  m.rope = make_rope_table(m.config.rope);
  m.window_rope = make_rope_table(m.config.window_rope);
}

/// What the weights of a decoder are made from.
struct Source {
  TensorSource files;
  ModelTensors tensors;
};

Result<Source> open_source(const formats::DecoderModel& from, Precision precision) {
  QUERN_TRY(check_config(from, precision));
  Source out;
  QUERN_ASSIGN(out.files, TensorSource::open(from.path, from.weights));
  QUERN_ASSIGN(
      out.tensors,
      find_decoder_tensors(from.config, out.files).in(fmt::format("model '{}'", from.path)));
  return out;
}

WeightRoom room_of(const formats::DecoderModel& from, ByteLedger& ledger, ThreadPool& pool) {
  return {ledger, "weights/" + from.name, pool};
}

}  // namespace

Result<Decoder> load_decoder(const formats::DecoderModel& from, ByteLedger& ledger,
                             ThreadPool& pool, DecoderLoad load) {
  QUERN_ASSIGN(const Source source, open_source(from, load.precision));
  Decoder model;
  model.config = from.config;
  SectionWalk walk = walk_of(source.tensors, load.precision, model);
  walk.drop_source = [&] { source.files.drop_pages(); };
  const WeightRoom room = room_of(from, ledger, pool);
  if (load.packed.n() > 0) {
    QUERN_ASSIGN(model.weights, bind_sections(walk, std::move(load.packed), load.residency, room));
  } else {
    QUERN_ASSIGN(model.weights, fill_sections(walk, room));
  }
  set_facts(model);
  return model;
}

Status pack_decoder(const formats::DecoderModel& from, Precision precision, ByteLedger& ledger,
                    ThreadPool& pool, SectionSink& sink) {
  QUERN_ASSIGN(const Source source, open_source(from, precision));
  Decoder model;
  model.config = from.config;
  SectionWalk walk = walk_of(source.tensors, precision, model);
  walk.drop_source = [&] { source.files.drop_pages(); };
  return stream_sections(walk, room_of(from, ledger, pool), sink);
}

Result<DecoderWeightInfo> decoder_weight_info(const formats::DecoderModel& from,
                                              Precision precision) {
  QUERN_ASSIGN(const Source source, open_source(from, precision));
  Decoder model;
  model.config = from.config;
  const SectionWalk walk = walk_of(source.tensors, precision, model);
  return DecoderWeightInfo{.n_bytes = walk.total(),
                           .least_bytes = walk.least(),
                           .main_format = source.tensors.blocks.front().up.weight.format};
}

}  // namespace quern::models
