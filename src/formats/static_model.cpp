#include "formats/static_model.h"

#include <fmt/format.h>

#include "formats/json_object.h"
#include "formats/safetensors.h"

namespace quern::formats {
namespace {

constexpr const char* kTable = "embeddings";
constexpr std::int64_t kMaxRows = 1 << 24;
constexpr std::int64_t kMaxWidth = 1 << 16;
// Of a file without a limit: a text's rows are held together until their mean is taken.
constexpr int kMostTokens = 1 << 16;

Status read_table(const TensorFiles& files, EncoderConfig& out) {
  // Rows shared by tokens of a cluster, each weighed by its own token.
  for (const char* name : {"mapping", "weights"}) {
    if (files.find(name) == nullptr) continue;
    return {Code::kUnsupported,
            fmt::format("tensor '{}': a quantised vocabulary, want one row per token", name)};
  }
  const TensorEntry* table = files.find(kTable);
  if (table == nullptr) return {Code::kNotFound, fmt::format("no tensor '{}'", kTable)};
  const auto& shape = table->shape;
  if (shape.size() != 2 || shape[0] < 1 || shape[0] > kMaxRows || shape[1] < 1 ||
      shape[1] > kMaxWidth) {
    return {Code::kBadInput,
            fmt::format("tensor '{}' is no table of up to {} rows of up to {} numbers", kTable,
                        kMaxRows, kMaxWidth)};
  }
  out.n_vocab = static_cast<int>(shape[0]);
  out.d_model = static_cast<int>(shape[1]);
  out.d_embed = out.d_model;
  return {};
}

}  // namespace

bool is_static_model(const JsonObject& config) {
  const auto type = config.string_or("model_type", "");
  const auto architectures = config.strings("architectures");
  return (type.ok() && *type == "model2vec") ||
         (architectures.ok() && !architectures->empty() && architectures->front() == "StaticModel");
}

Status read_static_model(const JsonObject& config, ModelFolder& out) {
  EncoderConfig& c = out.config;
  c.names = find_encoder_family("model2vec");
  c.family = c.names->model_type;
  QUERN_ASSIGN(const std::string pooling, config.string_or("pooling", "mean"));
  if (pooling != "mean") return config.unsupported("pooling", "mean");
  if (config.has("head_config")) return config.unsupported("head_config", "null");
  // Before the weights are fetched no width is known; whoever needs them says that they are not
  // there.
  const Result<TensorFiles> files = TensorFiles::open(out.path);
  if (!files.ok() && files.status().code() != Code::kNotFound) return files.status();
  if (files.ok()) QUERN_TRY(read_table(*files, c));
  const bool is_unlimited = config.json().contains("max_length") && !config.has("max_length");
  QUERN_ASSIGN(c.n_positions,
               config.integer_or("max_length", 1, kMostTokens, is_unlimited ? kMostTokens : 512));
  out.max_tokens = c.n_positions;

  QUERN_ASSIGN(const bool normalizes, config.boolean_or("normalize", false));
  out.head.n_values = c.d_model;
  if (normalizes) out.head.modules.push_back(normalize_module(c.d_model));
  return {};
}

void apply_static_rules(text::TokenizerSpec& spec) {
  spec.single = {{.kind = text::TemplatePiece::Kind::kTextA, .id = 0, .type_id = 0}};
  spec.pair.clear();
  spec.drops_unknown = true;
}

}  // namespace quern::formats
