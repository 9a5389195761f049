// From named tensors to packed weights. Everything a file can get wrong is refused here, so that
// the forward pass cannot fail.

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "kernels/int8_equalise.h"
#include "models/bert.h"

namespace quern::models {
namespace {

using formats::TensorEntry;
using formats::TensorFiles;
using kernels::Precision;

std::size_t round_up(std::size_t n) { return (n + 63) / 64 * 64; }

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

void widen(const TensorEntry& t, std::ptrdiff_t first, int n, float* out) {
  const std::byte* p = t.bytes.data() + first * static_cast<std::ptrdiff_t>(dtype_bytes(t.dtype));
  if (t.dtype == DType::kF32) {
    std::memcpy(out, p, static_cast<std::size_t>(n) * sizeof(float));
    return;
  }
  for (int i = 0; i < n; ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, p + 2 * i, sizeof bits);
    out[i] = t.dtype == DType::kF16 ? f32_from_f16(bits) : f32_from_bf16(bits);
  }
}

/// Finds tensors by their names with or without the "bert." of task-specific files.
class TensorLookup {
 public:
  explicit TensorLookup(const TensorFiles& files)
      : files_(files),
        prefix_(files.find("bert.embeddings.word_embeddings.weight") != nullptr ? "bert." : "") {}

  Result<const TensorEntry*> get(const std::string& name, std::vector<std::int64_t> shape) const {
    const TensorEntry* t = files_.find(name);
    if (t == nullptr) return {Code::kNotFound, fmt::format("tensor '{}' is missing", name)};
    if (t->shape != shape) {
      return {Code::kBadInput, fmt::format("tensor '{}' is {}, want {}", name, shape_text(t->shape),
                                           shape_text(shape))};
    }
    if (t->dtype != DType::kF32 && t->dtype != DType::kF16 && t->dtype != DType::kBF16) {
      return {Code::kUnsupported,
              fmt::format("tensor '{}' is {}, want f32, f16 or bf16", name, dtype_name(t->dtype))};
    }
    return t;
  }

  Result<const TensorEntry*> body(const std::string& name, std::vector<std::int64_t> shape) const {
    return get(prefix_ + name, std::move(shape));
  }

  /// Weight or bias of a layer norm; very old files say gamma and beta.
  Result<const TensorEntry*> norm(const std::string& name, bool weight, std::int64_t d) const {
    const std::string old = prefix_ + name + (weight ? ".gamma" : ".beta");
    if (files_.find(old) != nullptr) return get(old, {d});
    return body(name + (weight ? ".weight" : ".bias"), {d});
  }

 private:
  const TensorFiles& files_;
  std::string prefix_;
};

/// Several tensors stacked along their first dimension.
using Stack = std::vector<const TensorEntry*>;

struct BlockTensors {
  Stack qkv_w, attn_out_w, ff_in_w, ff_out_w;
  Stack qkv_b, attn_out_b, ff_in_b, ff_out_b;
  Stack attn_norm_w, attn_norm_b, ff_norm_w, ff_norm_b;
};

struct ModelTensors {
  const TensorEntry* token = nullptr;
  const TensorEntry* position = nullptr;
  const TensorEntry* type = nullptr;
  Stack embed_norm_w, embed_norm_b;
  std::vector<BlockTensors> blocks;
  Stack pooler_w, pooler_b, classifier_w, classifier_b;
};

Status find_block(const TensorLookup& files, const formats::BertConfig& c, int i,
                  BlockTensors& out) {
  const std::string layer = fmt::format("encoder.layer.{}.", i);
  const std::int64_t d = c.d_model;
  const std::int64_t d_ff = c.d_ff;
  const auto add = [&](Stack& to, Result<const TensorEntry*> t) -> Status {
    if (!t.ok()) return t.status();
    to.push_back(*t);
    return {};
  };
  for (const char* part : {"query", "key", "value"}) {
    const std::string name = layer + "attention.self." + part;
    QUERN_TRY(add(out.qkv_w, files.body(name + ".weight", {d, d})));
    QUERN_TRY(add(out.qkv_b, files.body(name + ".bias", {d})));
  }
  QUERN_TRY(add(out.attn_out_w, files.body(layer + "attention.output.dense.weight", {d, d})));
  QUERN_TRY(add(out.attn_out_b, files.body(layer + "attention.output.dense.bias", {d})));
  QUERN_TRY(add(out.attn_norm_w, files.norm(layer + "attention.output.LayerNorm", true, d)));
  QUERN_TRY(add(out.attn_norm_b, files.norm(layer + "attention.output.LayerNorm", false, d)));
  QUERN_TRY(add(out.ff_in_w, files.body(layer + "intermediate.dense.weight", {d_ff, d})));
  QUERN_TRY(add(out.ff_in_b, files.body(layer + "intermediate.dense.bias", {d_ff})));
  QUERN_TRY(add(out.ff_out_w, files.body(layer + "output.dense.weight", {d, d_ff})));
  QUERN_TRY(add(out.ff_out_b, files.body(layer + "output.dense.bias", {d})));
  QUERN_TRY(add(out.ff_norm_w, files.norm(layer + "output.LayerNorm", true, d)));
  QUERN_TRY(add(out.ff_norm_b, files.norm(layer + "output.LayerNorm", false, d)));
  return {};
}

Status find_tensors(const formats::ModelFolder& folder, const TensorLookup& files,
                    ModelTensors& out) {
  const formats::BertConfig& c = folder.config;
  const std::int64_t d = c.d_model;
  QUERN_ASSIGN(out.token, files.body("embeddings.word_embeddings.weight", {c.n_vocab, d}));
  QUERN_ASSIGN(out.position,
               files.body("embeddings.position_embeddings.weight", {c.n_positions, d}));
  QUERN_ASSIGN(out.type, files.body("embeddings.token_type_embeddings.weight", {c.n_types, d}));
  QUERN_ASSIGN(const TensorEntry* norm_w, files.norm("embeddings.LayerNorm", true, d));
  QUERN_ASSIGN(const TensorEntry* norm_b, files.norm("embeddings.LayerNorm", false, d));
  out.embed_norm_w = {norm_w};
  out.embed_norm_b = {norm_b};
  out.blocks.resize(static_cast<std::size_t>(c.n_layers));
  for (int i = 0; i < c.n_layers; ++i) {
    QUERN_TRY(find_block(files, c, i, out.blocks[static_cast<std::size_t>(i)]));
  }
  if (folder.task != formats::Task::kClassify) return {};
  const auto n_labels = static_cast<std::int64_t>(folder.labels.size());
  QUERN_ASSIGN(const TensorEntry* pooler_w, files.body("pooler.dense.weight", {d, d}));
  QUERN_ASSIGN(const TensorEntry* pooler_b, files.body("pooler.dense.bias", {d}));
  QUERN_ASSIGN(const TensorEntry* classifier_w, files.get("classifier.weight", {n_labels, d}));
  QUERN_ASSIGN(const TensorEntry* classifier_b, files.get("classifier.bias", {n_labels}));
  out.pooler_w = {pooler_w};
  out.pooler_b = {pooler_b};
  out.classifier_w = {classifier_w};
  out.classifier_b = {classifier_b};
  return {};
}

/// Cuts the storage into 64-byte aligned runs. One walk counts the bytes, another fills them or
/// binds to bytes that were filled by an earlier process: all three are the same code.
class Placer {
 public:
  static Placer counting(Precision precision, ThreadPool& pool) {
    return {nullptr, nullptr, precision, pool};
  }
  static Placer filling(std::byte* base, Precision precision, ThreadPool& pool) {
    return {base, base, precision, pool};
  }
  static Placer binding(const std::byte* base, Precision precision, ThreadPool& pool) {
    return {base, nullptr, precision, pool};
  }

  std::span<const float> vector(const Stack& parts) {
    std::size_t n = 0;
    for (const TensorEntry* t : parts) n += t->bytes.size() / dtype_bytes(t->dtype);
    const Run run = take(n * sizeof(float));
    if (run.at == nullptr) return {};
    const std::span<const float> out(reinterpret_cast<const float*>(run.at), n);
    if (run.fill == nullptr) return out;
    auto* next = reinterpret_cast<float*>(run.fill);
    for (const TensorEntry* t : parts) {
      const auto count = static_cast<int>(t->bytes.size() / dtype_bytes(t->dtype));
      widen(*t, 0, count, next);
      next += count;
    }
    return out;
  }

  Matrix<const float> matrix(const Stack& parts) {
    const std::span<const float> all = vector(parts);
    if (all.empty()) return {};
    const auto& shape = parts[0]->shape;
    return {all.data(), static_cast<int>(shape[0]), static_cast<int>(shape[1])};
  }

  /// The equalising factors of a product's input columns: none unless int8, ones where nothing was
  /// observed.
  std::span<const float> factors(const Stack& parts, const std::vector<float>* largest) {
    if (precision_ != Precision::kInt8) return {};
    const auto n_in = static_cast<std::size_t>(parts[0]->shape[1]);
    const Run run = take(n_in * sizeof(float));
    if (run.at == nullptr) return {};
    const std::span<float> fill(reinterpret_cast<float*>(run.fill), run.fill == nullptr ? 0 : n_in);
    std::fill(fill.begin(), fill.end(), 1.0f);
    if (run.fill != nullptr && largest != nullptr) {
      const int rows_each = static_cast<int>(parts[0]->shape[0]);
      const int n_out = rows_each * static_cast<int>(parts.size());
      std::vector<float> rows(static_cast<std::size_t>(n_out) * n_in);
      for (int r = 0; r < n_out; ++r)
        read_row(parts, r, rows.data() + static_cast<std::size_t>(r) * n_in);
      kernels::int8_equalise({rows.data(), n_out, static_cast<int>(n_in)}, *largest,
                             kernels::kInt8Alpha, fill);
    }
    return {reinterpret_cast<const float*>(run.at), n_in};
  }

  kernels::Weight weight(const Stack& parts, std::span<const float> factors) {
    const auto rows_each = static_cast<int>(parts[0]->shape[0]);
    const auto n_in = static_cast<int>(parts[0]->shape[1]);
    const int n_out = rows_each * static_cast<int>(parts.size());
    kernels::Weight w{.precision = precision_, .n_out = n_out, .n_in = n_in};
    const Run run = take(kernels::packed_bytes(precision_, n_out, n_in));
    w.packed = run.at;
    if (run.fill == nullptr) return w;
    const std::size_t bytes = kernels::panel_bytes(precision_, n_in);
    pool_.parallel_for(w.n_panels(), [&](int panel, int) {
      std::vector<float> rows(static_cast<std::size_t>(kernels::kPanelWidth) *
                              static_cast<std::size_t>(n_in));
      const int first = panel * kernels::kPanelWidth;
      const int n = std::min(kernels::kPanelWidth, n_out - first);
      for (int r = 0; r < n; ++r) {
        float* row = rows.data() + static_cast<std::ptrdiff_t>(r) * n_in;
        read_row(parts, first + r, row);
        if (!factors.empty()) kernels::int8_unscale({row, 1, n_in}, factors, {row, 1, n_in});
      }
      kernels::pack_panel(precision_, rows.data(), n, n_in,
                          {run.fill + static_cast<std::size_t>(panel) * bytes, bytes});
    });
    return w;
  }

  std::size_t n_bytes() const { return n_bytes_; }

 private:
  static void read_row(const Stack& parts, int row, float* out) {
    const auto rows_each = static_cast<int>(parts[0]->shape[0]);
    const auto n_in = static_cast<int>(parts[0]->shape[1]);
    const TensorEntry& t = *parts[static_cast<std::size_t>(row / rows_each)];
    widen(t, static_cast<std::ptrdiff_t>(row % rows_each) * n_in, n_in, out);
  }

  struct Run {
    const std::byte* at;  // nullptr while counting.
    std::byte* fill;      // nullptr while counting or binding.
  };

  Placer(const std::byte* base, std::byte* fill, Precision precision, ThreadPool& pool)
      : base_(base), fill_(fill), precision_(precision), pool_(pool) {}

  Run take(std::size_t n) {
    const Run run{base_ == nullptr ? nullptr : base_ + n_bytes_,
                  fill_ == nullptr ? nullptr : fill_ + n_bytes_};
    n_bytes_ += round_up(n);
    return run;
  }

  const std::byte* base_;
  std::byte* fill_;
  Precision precision_;
  ThreadPool& pool_;
  std::size_t n_bytes_ = 0;
};

void place(const ModelTensors& t, const Int8Calibration* seen, Placer& placer, BertModel& m) {
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

Result<BertModel> load_bert(const formats::ModelFolder& folder, TensorFiles files,
                            Precision precision, ByteLedger& ledger, ThreadPool& pool,
                            MappedBytes packed, const Int8Calibration* calibration) {
  QUERN_TRY(check_supported(folder, precision));
  ModelTensors tensors;
  QUERN_TRY(find_tensors(folder, TensorLookup(files), tensors).in(folder.path));

  BertModel model;
  model.config = folder.config;
  model.precision = precision;
  Placer count = Placer::counting(precision, pool);
  place(tensors, calibration, count, model);
  const bool is_packed = !packed.bytes.empty();
  if (is_packed) QUERN_TRY(check_packed(packed, count.n_bytes()));
  const std::string tenant = "weights/" + folder.name;
  QUERN_ASSIGN(model.mapped,
               ledger.reserve(tenant, tensors.token->bytes.size() + tensors.position->bytes.size() +
                                          tensors.type->bytes.size() + packed.bytes.size()));
  if (is_packed) {
    Placer bind = Placer::binding(packed.bytes.data(), precision, pool);
    place(tensors, calibration, bind, model);
    model.packed = std::move(packed);
  } else {
    QUERN_ASSIGN(model.storage, Buffer::make(ledger, tenant, count.n_bytes()));
    Placer fill = Placer::filling(model.storage.data(), precision, pool);
    place(tensors, calibration, fill, model);
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
  const std::size_t vectors =
      round_up(d * 4) * 7 + round_up(d * 3 * 4) + round_up(static_cast<std::size_t>(c.d_ff) * 4);
  const std::size_t block = round_up(kernels::packed_bytes(precision, 3 * c.d_model, c.d_model)) +
                            round_up(kernels::packed_bytes(precision, c.d_model, c.d_model)) +
                            round_up(kernels::packed_bytes(precision, c.d_ff, c.d_model)) +
                            round_up(kernels::packed_bytes(precision, c.d_model, c.d_ff)) +
                            vectors - round_up(d * 4) +
                            (precision == Precision::kInt8 ? 2 * round_up(d * 4) : 0);
  std::size_t total = static_cast<std::size_t>(c.n_layers) * block + 2 * round_up(d * 4);
  total += static_cast<std::size_t>(c.n_vocab + c.n_positions + c.n_types) * d * 4;
  if (folder.task == formats::Task::kClassify) {
    const std::size_t n_labels = folder.labels.size();
    total +=
        round_up(d * d * 4) + round_up(d * 4) + round_up(n_labels * d * 4) + round_up(n_labels * 4);
  }
  return total;
}

}  // namespace quern::models
