// From named tensors to packed weights. Everything a file can get wrong is refused here, so that
// the forward pass cannot fail.

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "models/bert.h"
#include "models/bert_tensors.h"
#include "models/weight_placer.h"

namespace quern::models {
namespace {

using formats::TensorEntry;
using formats::TensorFiles;
using kernels::Precision;

void place(const ModelTensors& t, const Int8Calibration* seen, WeightPlacer& placer, BertModel& m) {
  m.embed_norm_w = placer.vector(t.embed_norm_w);
  m.embed_norm_b = placer.vector(t.embed_norm_b);
  m.blocks.resize(t.blocks.size());
  for (std::size_t i = 0; i < t.blocks.size(); ++i) {
    const BlockTensors& from = t.blocks[i];
    BertBlock& to = m.blocks[i];
    const Int8Calibration::Block* maxima = seen == nullptr ? nullptr : &seen->blocks[i];
    to.qkv_factors = placer.factors(from.qkv_w, maxima ? &maxima->qkv : nullptr);
    to.ff_in_factors = placer.factors(from.ff_in_w, maxima ? &maxima->ff_in : nullptr);
    to.qkv = placer.weight(from.qkv_w, to.qkv_factors);
    to.attn_out = placer.weight(from.attn_out_w, {});
    to.ff_in = placer.weight(from.ff_in_w, to.ff_in_factors);
    to.ff_out = placer.weight(from.ff_out_w, {});
    to.qkv_bias = placer.vector(from.qkv_b);
    to.attn_out_bias = placer.vector(from.attn_out_b);
    to.ff_in_bias = placer.vector(from.ff_in_b);
    to.ff_out_bias = placer.vector(from.ff_out_b);
    to.attn_norm_w = placer.vector(from.attn_norm_w);
    to.attn_norm_b = placer.vector(from.attn_norm_b);
    to.ff_norm_w = placer.vector(from.ff_norm_w);
    to.ff_norm_b = placer.vector(from.ff_norm_b);
  }
  if (t.classifier_w.empty()) return;
  m.pooler_w = placer.matrix(t.pooler_w);
  m.pooler_b = placer.vector(t.pooler_b);
  m.classifier_w = placer.matrix(t.classifier_w);
  m.classifier_b = placer.vector(t.classifier_b);
}

EmbeddingTable table_of(const TensorEntry& t) {
  return {.data = t.bytes.data(),
          .dtype = t.dtype,
          .n_rows = static_cast<int>(t.shape[0]),
          .d = static_cast<int>(t.shape[1])};
}

Status check_supported(const formats::ModelFolder& folder, Precision precision) {
  const int d_head = folder.config.d_model / folder.config.n_heads;
  if (precision == Precision::kBf16 && (d_head % 2 != 0 || folder.config.d_ff % 2 != 0)) {
    return {Code::kUnsupported,
            fmt::format("bf16 needs an even head width, this model's is {}", d_head)};
  }
  return {};
}

Status check_packed(const MappedBytes& packed, std::size_t want) {
  if (packed.bytes.size() != want) {
    return {Code::kBadInput, fmt::format("packed weights '{}' have {} bytes, want {}",
                                         packed.file.path(), packed.bytes.size(), want)};
  }
  if (reinterpret_cast<std::uintptr_t>(packed.bytes.data()) % Buffer::kAlignment != 0) {
    return {Code::kBadInput, fmt::format("packed weights '{}' do not begin at a multiple of {}",
                                         packed.file.path(), Buffer::kAlignment)};
  }
  return {};
}

}  // namespace

void EmbeddingTable::add_row(int row, float* out) const {
  const std::byte* p =
      data + static_cast<std::ptrdiff_t>(row) * d * static_cast<std::ptrdiff_t>(dtype_bytes(dtype));
  if (dtype == DType::kF32) {
    for (int i = 0; i < d; ++i) {
      float value = 0;
      std::memcpy(&value, p + 4 * i, sizeof value);
      out[i] += value;
    }
    return;
  }
  for (int i = 0; i < d; ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, p + 2 * i, sizeof bits);
    out[i] += dtype == DType::kF16 ? f32_from_f16(bits) : f32_from_bf16(bits);
  }
}

Result<BertModel> load_bert(BertLoad load, TensorFiles files, ByteLedger& ledger,
                            ThreadPool& pool) {
  const formats::ModelFolder& folder = load.folder;
  const Precision precision = load.precision;
  QUERN_TRY(check_supported(folder, precision));
  ModelTensors tensors;
  QUERN_TRY(find_tensors(folder, files, tensors).in(folder.path));

  BertModel model;
  model.config = folder.config;
  model.precision = precision;
  WeightPlacer count = WeightPlacer::counting(precision, pool);
  place(tensors, load.calibration, count, model);
  const bool is_packed = !load.packed.bytes.empty();
  if (is_packed) QUERN_TRY(check_packed(load.packed, count.n_bytes()));
  const std::string tenant = "weights/" + folder.name;
  QUERN_ASSIGN(model.mapped,
               ledger.reserve(tenant, tensors.token->bytes.size() + tensors.position->bytes.size() +
                                          tensors.type->bytes.size() + load.packed.bytes.size()));
  if (is_packed) {
    WeightPlacer bind = WeightPlacer::binding(load.packed.bytes.data(), precision, pool);
    place(tensors, load.calibration, bind, model);
    model.packed = std::move(load.packed);
  } else {
    QUERN_ASSIGN(model.storage, Buffer::make(ledger, tenant, count.n_bytes()));
    WeightPlacer fill = WeightPlacer::filling(model.storage.data(), precision, pool);
    place(tensors, load.calibration, fill, model);
  }
  model.token_embedding = table_of(*tensors.token);
  model.position_embedding = table_of(*tensors.position);
  model.type_embedding = table_of(*tensors.type);
  model.files = std::move(files);
  model.files.drop_pages();
  return model;
}

std::size_t bert_weight_bytes(const formats::ModelFolder& folder, Precision precision) {
  const formats::BertConfig& c = folder.config;
  const auto d = static_cast<std::size_t>(c.d_model);
  const std::size_t vectors = placed_bytes(d * 4) * 7 + placed_bytes(d * 3 * 4) +
                              placed_bytes(static_cast<std::size_t>(c.d_ff) * 4);
  const std::size_t block =
      placed_bytes(kernels::packed_bytes(precision, 3 * c.d_model, c.d_model)) +
      placed_bytes(kernels::packed_bytes(precision, c.d_model, c.d_model)) +
      placed_bytes(kernels::packed_bytes(precision, c.d_ff, c.d_model)) +
      placed_bytes(kernels::packed_bytes(precision, c.d_model, c.d_ff)) + vectors -
      placed_bytes(d * 4) + (precision == Precision::kInt8 ? 2 * placed_bytes(d * 4) : 0);
  std::size_t total = static_cast<std::size_t>(c.n_layers) * block + 2 * placed_bytes(d * 4);
  total += static_cast<std::size_t>(c.n_vocab + c.n_positions + c.n_types) * d * 4;
  if (folder.head.output == formats::OutputKind::kLogits) {
    const std::size_t n_labels = folder.head.labels.size();
    total += placed_bytes(d * d * 4) + placed_bytes(d * 4) + placed_bytes(n_labels * d * 4) +
             placed_bytes(n_labels * 4);
  }
  return total;
}

}  // namespace quern::models
