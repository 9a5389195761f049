// From the tensors of a model's files to an encoder that can run. Everything a file can get wrong
// is refused here or in encoder_tensors.cpp, so that the forward pass cannot fail.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "models/distances.h"
#include "models/encoder.h"
#include "models/model_tensors.h"

namespace quern::models {
namespace {

using kernels::Precision;

Placing placing_of(const formats::EncoderConfig& c, Precision precision) {
  return {.precision = precision,
          .norm_kind = c.norm_kind,
          .norm_eps = c.norm_eps,
          .norm_added = c.norm_adds_one ? 1.0f : 0.0f};
}

/// Attends in bf16 where all is bf16: the distances are packed for that, whatever the processor.
kernels::WeightFormat distance_format(Precision precision) {
  const bool is_bf16 = precision == Precision::kBf16;
  return kernels::weight_format(is_bf16 ? Precision::kBf16 : Precision::kF32, BlockFormat::kF32);
}

/// AttentionSpec::offset_bias, where the family has one.
Matrix<const float> place_offset_bias(const RawRows& table, const formats::EncoderConfig& c,
                                      WeightPlacer& placer) {
  if (c.n_buckets == 0 && !c.has_alibi) return {};
  const int n_offsets = 2 * c.n_positions - 1;
  const auto n = static_cast<std::size_t>(c.n_heads) * static_cast<std::size_t>(n_offsets);
  const auto fill = [&](std::span<std::byte> bytes, ThreadPool&) {
    const Matrix<float> out(reinterpret_cast<float*>(bytes.data()), c.n_heads, n_offsets);
    if (c.has_alibi) return alibi_bias(c.attn_scale, out);
    bucket_bias(table, c.attn_scale, out);
  };
  const auto* at = reinterpret_cast<const float*>(placer.computed(n * sizeof(float), fill));
  if (at == nullptr) return {};
  return {at, c.n_heads, n_offsets};
}

/// The keys and queries of DeBERTa's distances in one block.
void place_distances(const ModelTensors& t, const Placing& how, const BlockTensors& from,
                     const formats::EncoderConfig& c, WeightPlacer& placer, TransformerBlock& to) {
  const formats::Disentangled& d = c.disentangled;
  const kernels::WeightFormat format = distance_format(how.precision);
  std::vector<float> rows;  // Both project them; only filling reads them.
  const auto place = [&](const LinearTensors& project) -> const std::byte* {
    if (project.weight.empty()) return nullptr;
    const std::size_t n = relative_panel_bytes(format, d.n_rows(), c.n_heads, c.d_head);
    return placer.computed(n, [&](std::span<std::byte> out, ThreadPool& pool) {
      if (rows.empty()) rows = relative_table(t.distance, t.distance_norm, how.norm_eps);
      pack_relative(rows, project, format, c.n_heads, pool, out);
    });
  };
  to.distance_keys = place(from.distance_k);
  to.distance_queries = place(from.distance_q);
}

/// A matrix of each group, in f32: a hundredth of a model's work.
void place_convolution(const ModelTensors& t, const Placing& how, WeightPlacer& placer,
                       Encoder& m) {
  if (t.conv.weight.empty()) return;
  Placing exact = how;
  exact.precision = Precision::kF32;
  const int n_groups = m.config.convolution.n_groups;
  const int n = t.conv.weight.n_rows / n_groups;
  m.conv.clear();
  for (int first = 0; first < t.conv.weight.n_rows; first += n) {
    m.conv.push_back(place_linear(
        {.weight = t.conv.weight.slice(first, n), .bias = slice_numbers(t.conv.bias, first, n)},
        exact, {}, placer));
  }
  m.conv_norm = place_norm(t.conv_norm, how, placer);
}

/// The head in f32, and its large matrix in f32 or bf16: of int8 models too, whose factors nobody
/// observed there.
void place_terms(const ModelTensors& t, Placing how, WeightPlacer& placer, TermHead& to) {
  if (t.mlm_decoder.weight.empty()) return;
  const bool is_small = how.precision != Precision::kF32 && t.mlm_decoder.weight.n_cols % 2 == 0;
  how.precision = Precision::kF32;
  to.dense = place_linear(t.mlm_dense, how, {}, placer);
  to.norm = place_norm(t.mlm_norm, how, placer);
  how.precision = is_small ? Precision::kBf16 : Precision::kF32;
  to.decoder = place_linear(t.mlm_decoder, how, {}, placer);
}

/// Section 0 holds what all layers share, section 1 + i block i.
SectionWalk walk_of(const ModelTensors& t, const Int8Calibration* seen, Encoder& m) {
  const Placing how = placing_of(m.config, m.precision);
  m.blocks.resize(t.blocks.size());
  const auto place = [&t, seen, &m, how](int section, WeightPlacer& placer) {
    if (section > 0) {
      const auto i = static_cast<std::size_t>(section - 1);
      place_block(t.blocks[i], how, seen == nullptr ? nullptr : &seen->blocks[i], placer,
                  m.blocks[i]);
      return place_distances(t, how, t.blocks[i], m.config, placer, m.blocks[i]);
    }
    m.embed_norm = place_norm(t.embed_norm, how, placer);
    m.final_norm = place_norm(t.final_norm, how, placer);
    m.offset_bias = place_offset_bias(t.distance, m.config, placer);
    place_convolution(t, how, placer, m);
    if (!t.embed_project.weight.empty()) {
      Placing exact = how;
      exact.precision = Precision::kF32;
      m.embed_project = place_linear(t.embed_project, exact, {}, placer);
    }
    m.classifier = {.pooling = m.classifier.pooling,
                    .activation = m.classifier.activation,
                    .dense_w = placer.matrix(t.dense.weight),
                    .dense_b = placer.vector(t.dense.bias),
                    .norm = place_norm(t.head_norm, how, placer),
                    .out_w = placer.matrix(t.out.weight),
                    .out_b = placer.vector(t.out.bias),
                    .minus_w = placer.matrix(t.minus)};
    place_terms(t, how, placer, m.terms);
  };
  m.section_order.clear();
  for (int layer = 0; layer < m.config.n_layers; ++layer) {
    m.section_order.push_back(1 + m.config.block_of(layer));
  }
  std::vector<SectionUse> uses(t.blocks.size() + 1, SectionUse::kInTurn);
  uses[0] = SectionUse::kAlways;
  return walk_sections(std::move(uses), place);
}

Status check_supported(const formats::EncoderConfig& c, Precision precision) {
  if (precision != Precision::kBf16) return {};
  for (const auto& [what, n] :
       {std::pair{"width", c.d_model}, {"head width", c.d_head}, {"feed-forward width", c.d_ff}}) {
    if (n % 2 != 0) {
      return {Code::kUnsupported,
              fmt::format("bf16 needs an even {}, this model's is {}", what, n)};
    }
  }
  return {};
}

void set_facts(const formats::EncoderConfig& c, Encoder& m) {
  m.shape = block_shape(c);
  m.shape.n_experts = c.experts.n;
  m.shape.n_active_experts = c.experts.n_active;
  m.rope = make_rope_table(c.rope);
  m.window_rope = make_rope_table(c.window_rope);
  m.distance_places = relative_places(c.disentangled, c.n_positions);
}

std::size_t table_bytes(const ModelTensors& t) {
  return t.token.bytes.size() + t.position.bytes.size() + t.type.bytes.size();
}

/// Of the tables, whose rows are looked up: a streamed model gives their pages back.
std::size_t resident_table_bytes(std::size_t n_bytes, Residency residency) {
  return residency == Residency::kWhole ? n_bytes : std::min(n_bytes, SectionStream::kRowBytes);
}

/// What the weights of an encoder are made from.
struct Source {
  TensorSource files;
  ModelTensors tensors;
};

Result<Source> open_source(const EncoderLoad& load, TensorSource files) {
  Source out{.files = std::move(files), .tensors = {}};
  QUERN_ASSIGN(out.tensors, find_encoder_tensors(load.folder, out.files));
  return out;
}

/// What behind the network has files of its own.
Status load_modules(const formats::ModelFolder& folder, const WeightRoom& room, Encoder& m) {
  const formats::HeadFacts& head = folder.head;
  QUERN_ASSIGN(m.head, load_vector_head(head, folder.path, m.files, room));
  if (head.rows) {
    QUERN_ASSIGN(m.rows, load_module_chain(head.rows->modules, folder.path, m.files, room));
  }
  if (!head.sparse || head.sparse->kind != formats::SparseFacts::Kind::kLexical) return {};
  QUERN_ASSIGN(m.terms_of_rows,
               load_module_chain({head.sparse->number}, folder.path, m.files, room));
  return {};
}

std::size_t module_bytes(const formats::HeadFacts& head) {
  std::size_t n = module_chain_bytes(head.modules);
  if (head.rows) n += module_chain_bytes(head.rows->modules);
  if (head.sparse && head.sparse->kind == formats::SparseFacts::Kind::kLexical) {
    n += module_chain_bytes({head.sparse->number});
  }
  return n;
}

/// `m` has its config and precision.
Result<Encoder> assemble(Encoder m, Source source, EncoderLoad& load, const WeightRoom& room) {
  QUERN_TRY(check_supported(m.config, m.precision));
  set_facts(m.config, m);
  m.files = std::move(source.files);
  SectionWalk walk = walk_of(source.tensors, load.calibration, m);
  walk.drop_source = [&] { m.files.drop_pages(); };
  QUERN_ASSIGN(m.tables,
               room.ledger.reserve(
                   room.tenant, resident_table_bytes(table_bytes(source.tensors), load.residency)));
  QUERN_TRY(load_modules(load.folder, room, m));
  if (load.packed.n() > 0) {
    QUERN_ASSIGN(m.weights, bind_sections(walk, std::move(load.packed), load.residency, room));
  } else {
    QUERN_ASSIGN(m.weights, fill_sections(walk, room));
  }
  m.token_embedding = source.tensors.token;
  m.position_embedding = source.tensors.position;
  m.type_embedding = source.tensors.type;
  m.forms = step_forms(m.blocks);
  m.files.drop_pages();
  return m;
}

EncoderWeightInfo weight_info(const SectionWalk& walk, std::size_t module_bytes,
                              std::size_t table_bytes) {
  return {.n_bytes = walk.total() + module_bytes + table_bytes,
          .least_bytes = walk.least() + module_bytes +
                         resident_table_bytes(table_bytes, Residency::kStreamed)};
}

formats::HeadActivation mlm_activation(const formats::EncoderConfig& c) {
  using enum formats::HeadActivation;
  if (c.names == nullptr || c.names->mlm_is_gelu) return kGelu;
  switch (c.activation) {
    case Activation::kNone:
      return kNone;
    case Activation::kGelu:
      return kGelu;
    case Activation::kGeluTanh:
      return kGeluTanh;
    case Activation::kRelu:
      return kRelu;
    case Activation::kSilu:
      return kSilu;
  }
  return kGelu;
}

Encoder empty_encoder(const EncoderLoad& load) {
  Encoder m;
  m.config = load.folder.config;
  m.precision = load.precision;
  m.classifier.pooling = load.folder.head.poolings.front();
  if (m.config.names != nullptr) m.classifier.activation = m.config.names->head_activation;
  if (const auto& sparse = load.folder.head.sparse) {
    m.terms.sums = sparse->sums;
    m.terms.twice = sparse->twice;
    m.terms.activation = mlm_activation(m.config);
  }
  return m;
}

std::string tenant_of(const std::string& name) { return "weights/" + name; }

}  // namespace

Result<Encoder> load_encoder(EncoderLoad load, TensorSource files, ByteLedger& ledger,
                             ThreadPool& pool) {
  QUERN_ASSIGN(Source source, open_source(load, std::move(files)));
  return assemble(empty_encoder(load), std::move(source), load,
                  {ledger, tenant_of(load.folder.name), pool});
}

Status pack_encoder(const EncoderLoad& load, TensorSource files, ByteLedger& ledger,
                    ThreadPool& pool, SectionSink& sink) {
  QUERN_TRY(check_supported(load.folder.config, load.precision));
  QUERN_ASSIGN(const Source source, open_source(load, std::move(files)));
  Encoder m = empty_encoder(load);
  SectionWalk walk = walk_of(source.tensors, load.calibration, m);
  walk.drop_source = [&] { source.files.drop_pages(); };
  return stream_sections(walk, {ledger, tenant_of(load.folder.name), pool}, sink);
}

Result<EncoderWeightInfo> encoder_weight_info(const formats::ModelFolder& folder,
                                              Precision precision) {
  QUERN_ASSIGN(const TensorSource files, TensorSource::open(folder.path, folder.weights));
  QUERN_ASSIGN(const ModelTensors tensors, find_encoder_tensors(folder, files));
  Encoder m = empty_encoder({.folder = folder, .precision = precision});
  EncoderWeightInfo info =
      weight_info(walk_of(tensors, nullptr, m), module_bytes(folder.head), table_bytes(tensors));
  info.main_format = tensors.blocks.front().down.weight.format;
  return info;
}

EncoderWeightInfo encoder_weight_bytes(const formats::ModelFolder& folder, Precision precision) {
  const Result<ModelTensors> shapes = find_encoder_tensors(folder, TensorSource());
  if (!shapes.ok()) return {};  // Cannot be: every shape is there.
  Encoder m = empty_encoder({.folder = folder, .precision = precision});
  const formats::EncoderConfig& c = folder.config;
  const std::size_t n_rows = static_cast<std::size_t>(c.n_vocab) +
                             static_cast<std::size_t>(c.n_position_rows()) +
                             static_cast<std::size_t>(c.n_types);
  return weight_info(walk_of(*shapes, nullptr, m), module_bytes(folder.head),
                     n_rows * static_cast<std::size_t>(c.d_embed) * sizeof(float));
}

}  // namespace quern::models
