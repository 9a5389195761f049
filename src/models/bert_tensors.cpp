#include "models/bert_tensors.h"

#include <string>
#include <utility>

#include <fmt/format.h>

namespace quern::models {
namespace {

using formats::TensorEntry;
using formats::TensorFiles;

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
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

}  // namespace

Status find_tensors(const formats::ModelFolder& folder, const TensorFiles& all, ModelTensors& out) {
  const TensorLookup files(all);
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
  if (folder.head.output != formats::OutputKind::kLogits) return {};
  const auto n_labels = static_cast<std::int64_t>(folder.head.labels.size());
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

}  // namespace quern::models
