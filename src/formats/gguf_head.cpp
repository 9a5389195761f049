#include "formats/gguf_head.h"

#include <fmt/format.h>

#include "formats/gguf/architecture_keys.h"

namespace quern::formats {
namespace {

using Keys = ArchitectureKeys;

// llama.cpp's enum llama_pooling_type.
constexpr int kUnspecified = -1;
constexpr int kNoPooling = 0;
constexpr int kMean = 1;
constexpr int kCls = 2;
constexpr int kLast = 3;
constexpr int kRank = 4;

Result<Keys> keys_of(const GgufMetadata& metadata) {
  QUERN_ASSIGN(const std::string_view name, metadata.string("general.architecture"));
  return Keys(metadata, name);
}

Result<int> pooling_type(const Keys& keys, std::string_view key, int fallback) {
  return keys.integer_or(key, kUnspecified, kRank, fallback);
}

/// EmbeddingGemma's two matrices.
Status read_dense(const GgufTensors& tensors, HeadFacts& head) {
  for (const char* name : {"dense_2", "dense_3"}) {
    const GgufTensor* t = find_tensor(tensors, std::string(name) + ".weight");
    if (t == nullptr) continue;
    QUERN_TRY(t->problem);
    if (t->shape.size() != 2 || t->shape[1] != head.n_values || t->shape[0] > (1 << 24)) {
      return {Code::kBadInput,
              fmt::format("tensor '{}.weight' is no matrix over {} inputs", name, head.n_values)};
    }
    head.modules.push_back({.kind = VectorModule::Kind::kDense,
                            .n_in = head.n_values,
                            .n_out = static_cast<int>(t->shape[0]),
                            .tensor = name});
    head.n_values = head.modules.back().n_out;
  }
  return {};
}

Result<HeadFacts> read_vector(const GgufTensors& tensors, int type, int d_model) {
  HeadFacts head;
  head.n_values = d_model;
  head.poolings.clear();
  if (type == kMean) head.poolings = {Pooling::kMean};
  if (type == kCls) head.poolings = {Pooling::kCls};
  if (type == kLast) head.poolings = {Pooling::kLast};
  QUERN_TRY(read_dense(tensors, head));
  head.modules.push_back(normalize_module(head.n_values));
  return head;
}

/// n_values and labels, of the last matrix.
Status read_labels(const Keys& keys, const GgufTensor& out, HeadFacts& head) {
  QUERN_TRY(out.problem);
  head.n_values = out.shape.size() == 2 ? static_cast<int>(out.shape[0]) : 1;
  QUERN_ASSIGN(const auto labels, keys.metadata().strings(keys.full("classifier.output_labels")));
  head.labels.assign(labels.begin(), labels.end());
  if (labels.empty()) {
    for (int i = 0; i < head.n_values; ++i) head.labels.push_back(fmt::format("LABEL_{}", i));
  }
  head.scale = head.n_values == 1 ? Scale::kSigmoid : Scale::kSoftmax;
  if (head.labels.size() == static_cast<std::size_t>(head.n_values)) return {};
  return keys.metadata().wrong(keys.full("classifier.output_labels"),
                               fmt::format("{} labels", head.n_values));
}

Result<HeadFacts> read_logits(const Keys& keys, const GgufTensors& tensors) {
  const GgufTensor* out = find_tensor(tensors, "cls.output.weight");
  const GgufTensor* dense = find_tensor(tensors, "cls.weight");
  if (out == nullptr || dense == nullptr) {
    return {Code::kUnsupported,
            fmt::format("a classifier of '{}' and '{}', of which the file lacks '{}': converting a "
                        "BERT leaves its pooler behind, and no score can be had without it. Use "
                        "the model's safetensors folder",
                        "cls.weight", "cls.output.weight",
                        dense == nullptr ? "cls.weight" : "cls.output.weight")};
  }
  HeadFacts head{.output = OutputKind::kLogits};
  QUERN_TRY(read_labels(keys, *out, head));
  const bool has_own_pooling = find_tensor(tensors, "cls.norm.weight") != nullptr;  // ModernBERT's.
  QUERN_ASSIGN(const int type,
               pooling_type(keys, "classifier.pooling_type", has_own_pooling ? kMean : kCls));
  head.poolings = {type == kMean ? Pooling::kMean : Pooling::kCls};
  return head;
}

}  // namespace

Result<HeadFacts> gguf_decoder_head(const GgufMetadata& metadata, const GgufTensors& tensors,
                                    int d_model) {
  QUERN_ASSIGN(const Keys keys, keys_of(metadata));
  QUERN_ASSIGN(const int type, pooling_type(keys, "pooling_type", kUnspecified));
  if (type != kRank) return read_vector(tensors, type, d_model);
  const GgufTensor* out = find_tensor(tensors, "cls.output.weight");
  if (out == nullptr) {
    return {Code::kUnsupported,
            "a reranker without tensor 'cls.output.weight': it was converted before there was one, "
            "and has nothing to score by"};
  }
  HeadFacts head{.output = OutputKind::kLogits, .poolings = {Pooling::kLast}};
  QUERN_TRY(read_labels(keys, *out, head));
  if (head.labels == std::vector<std::string>{"yes", "no"}) {
    head.logit_score = {.yes = 0, .no = 1};
    head.n_values = 1;
    head.labels = {"yes"};
    head.scale = Scale::kSigmoid;
  }
  return head;
}

Result<std::optional<PairPrompt>> gguf_pair_prompt(const GgufMetadata& metadata) {
  QUERN_ASSIGN(const std::string_view text,
               metadata.string_or("tokenizer.chat_template.rerank", ""));
  if (text.empty()) return std::optional<PairPrompt>();
  QUERN_ASSIGN(PairPrompt prompt, parse_pair_prompt(text).in("'tokenizer.chat_template.rerank'"));
  return std::optional(std::move(prompt));
}

Result<GgufPooling> gguf_pooling(const GgufMetadata& metadata) {
  QUERN_ASSIGN(const Keys keys, keys_of(metadata));
  QUERN_ASSIGN(const int type, pooling_type(keys, "pooling_type", kUnspecified));
  if (type == kRank) return GgufPooling::kRank;
  return type == kUnspecified || type == kNoPooling ? GgufPooling::kNone : GgufPooling::kVector;
}

Result<HeadFacts> gguf_head(const GgufMetadata& metadata, const GgufTensors& tensors, int d_model) {
  QUERN_ASSIGN(const Keys keys, keys_of(metadata));
  QUERN_ASSIGN(const int type, pooling_type(keys, "pooling_type", kUnspecified));
  if (type == kRank) return read_logits(keys, tensors);
  return read_vector(tensors, type, d_model);
}

}  // namespace quern::formats
