#include "formats/bert_config.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace quern::formats {
namespace {

// Far above any published encoder, and low enough that products of two fit 64 bits with room.
constexpr int kMaxLayers = 1024;
constexpr int kMaxWidth = 1 << 16;
constexpr int kMaxVocab = 1 << 24;
constexpr int kMaxPositions = 1 << 20;
constexpr int kMaxLabels = 1 << 16;
constexpr int kMaxTypes = 256;  // Type ids are bytes.

Result<Activation> read_activation(const JsonObject& config) {
  if (!config.has("hidden_act")) return Activation::kGelu;
  QUERN_ASSIGN(const std::string name, config.string("hidden_act"));
  if (name == "gelu" || name == "gelu_python") return Activation::kGelu;
  // One formula under three names.
  if (name == "gelu_new" || name == "gelu_fast" || name == "gelu_pytorch_tanh") {
    return Activation::kGeluTanh;
  }
  if (name == "relu") return Activation::kRelu;
  return config.unsupported("hidden_act", "gelu, gelu_new, gelu_fast, gelu_pytorch_tanh or relu");
}

Status check_kind(const JsonObject& config) {
  if (!config.has("model_type")) return config.wrong("model_type", "bert");
  QUERN_ASSIGN(const std::string type, config.string("model_type"));
  if (type != "bert") return config.unsupported("model_type", "one of: bert");
  QUERN_ASSIGN(const std::string position, config.string_or("position_embedding_type", "absolute"));
  if (position != "absolute") return config.unsupported("position_embedding_type", "absolute");
  QUERN_ASSIGN(const bool is_decoder, config.boolean_or("is_decoder", false));
  if (is_decoder) return config.unsupported("is_decoder", "false");
  return {};
}

}  // namespace

Result<BertConfig> read_bert_config(const JsonObject& config) {
  QUERN_TRY(check_kind(config));
  BertConfig out;
  out.family = "bert";
  QUERN_ASSIGN(out.n_layers, config.integer("num_hidden_layers", 1, kMaxLayers));
  QUERN_ASSIGN(out.n_heads, config.integer("num_attention_heads", 1, kMaxWidth));
  QUERN_ASSIGN(out.d_model, config.integer("hidden_size", 1, kMaxWidth));
  QUERN_ASSIGN(out.d_ff, config.integer("intermediate_size", 1, 16 * kMaxWidth));
  QUERN_ASSIGN(out.n_vocab, config.integer("vocab_size", 1, kMaxVocab));
  QUERN_ASSIGN(out.n_positions, config.integer("max_position_embeddings", 3, kMaxPositions));
  QUERN_ASSIGN(out.n_types, config.integer_or("type_vocab_size", 1, kMaxTypes, 2));
  QUERN_ASSIGN(const double eps, config.number_or("layer_norm_eps", 0, 1, 1e-12));
  out.norm_eps = static_cast<float>(eps);
  QUERN_ASSIGN(out.activation, read_activation(config));
  if (out.d_model % out.n_heads != 0) {
    return config.wrong("num_attention_heads",
                        fmt::format("a divisor of 'hidden_size', {}", out.d_model));
  }
  return out;
}

Result<Task> read_task(const JsonObject& config) {
  QUERN_ASSIGN(const std::vector<std::string> names, config.strings("architectures"));
  constexpr const char* kRefused[] = {"ForTokenClassification", "ForQuestionAnswering",
                                      "ForMultipleChoice", "ForNextSentencePrediction"};
  for (const std::string& name : names) {
    if (name.ends_with("ForSequenceClassification")) return Task::kClassify;
    for (const char* refused : kRefused) {
      if (name.ends_with(refused)) {
        return config.unsupported("architectures",
                                  "an encoder (BertModel) or BertForSequenceClassification");
      }
    }
  }
  return Task::kEmbed;
}

namespace {

/// {"0": "contradiction", "1": ...}: every id from 0 on, once.
Result<std::vector<std::string>> read_id2label(const JsonObject& config) {
  const nlohmann::json& map = config.at("id2label");
  const auto n = map.size();
  if (!map.is_object() || n == 0 || n > kMaxLabels) {
    return config.wrong("id2label", fmt::format("an object of 1 to {} labels", kMaxLabels));
  }
  std::vector<std::string> labels(n);
  std::vector<bool> seen(n, false);
  for (const auto& [key, label] : map.items()) {
    std::size_t id = n;
    const char* end = key.data() + key.size();
    const auto [stop, error] = std::from_chars(key.data(), end, id);
    if (error != std::errc() || stop != end || id >= n || seen[id] || !label.is_string()) {
      return config.wrong("id2label", fmt::format("a label for each id from 0 to {}", n - 1));
    }
    seen[id] = true;
    labels[id] = label.get<std::string>();
  }
  return labels;
}

}  // namespace

Result<std::vector<std::string>> read_labels(const JsonObject& config) {
  if (config.has("id2label")) return read_id2label(config);
  QUERN_ASSIGN(const int n, config.integer_or("num_labels", 1, kMaxLabels, 2));
  std::vector<std::string> labels;
  for (int i = 0; i < n; ++i) labels.push_back(fmt::format("LABEL_{}", i));
  return labels;
}

}  // namespace quern::formats
