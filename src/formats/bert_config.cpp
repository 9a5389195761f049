#include "formats/bert_config.h"

#include <utility>

#include <fmt/format.h>

namespace quern::formats {
namespace {

// Far above any published encoder, and low enough that products of two fit 64 bits with room.
constexpr int kMaxLayers = 1024;
constexpr int kMaxWidth = 1 << 16;
constexpr int kMaxVocab = 1 << 24;
constexpr int kMaxPositions = 1 << 20;
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

}  // namespace quern::formats
