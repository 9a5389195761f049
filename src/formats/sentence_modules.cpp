#include "formats/sentence_modules.h"

#include <filesystem>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "formats/fast_json.h"
#include "formats/json_object.h"

namespace quern::formats {
namespace {

struct Module {
  std::string kind;  // "Pooling": the last part of its Python name, which moved between versions.
  std::string path;  // Relative to the model's folder.
};

Result<std::vector<Module>> parse_modules(const nlohmann::json& list) {
  if (!list.is_array()) return {Code::kBadInput, "modules.json: not an array"};
  std::vector<Module> modules;
  for (const nlohmann::json& item : list) {
    if (!item.is_object()) return {Code::kBadInput, "modules.json: a module is not an object"};
    const JsonObject entry(item, fmt::format("modules.json: module {}", modules.size()));
    QUERN_ASSIGN(const std::string type, entry.string("type"));
    QUERN_ASSIGN(std::string path, entry.string_or("path", ""));
    if (path.find("..") != std::string::npos || path.starts_with('/') ||
        path.find('\0') != std::string::npos) {
      return entry.wrong("path", "a folder inside the model's");
    }
    modules.push_back({type.substr(type.rfind('.') + 1), std::move(path)});
  }
  return modules;
}

/// What a chain gives where it gives no vector.
std::optional<OutputKind> other_output(const std::vector<Module>& modules) {
  for (const Module& module : modules) {
    if (module.kind.starts_with("Splade") || module.kind.starts_with("Sparse")) {
      return OutputKind::kSparse;
    }
    if (module.kind == "MultiVectorMask" || module.kind == "TokenPooling") {
      return OutputKind::kRows;
    }
  }
  return std::nullopt;
}

Status check_transformer(const std::vector<Module>& modules) {
  if (modules.empty() || modules[0].kind != "Transformer") {
    return {Code::kUnsupported, "modules.json: want a Transformer, then a Pooling module"};
  }
  if (modules[0].path.empty() || modules[0].path == ".") return {};
  return {Code::kUnsupported, fmt::format("modules.json: the Transformer lies in '{}', want it in "
                                          "the folder itself",
                                          shown(modules[0].path))};
}

/// A score from the logits of one or two tokens.
Status read_logit_score(const Module& module, ModelFolder& out) {
  if (!out.decoder || out.decoder->family != DecoderFamily::kQwen3) {
    return {Code::kUnsupported,
            fmt::format("modules.json: a LogitScore over '{}', want qwen3: how others are asked "
                        "is not known",
                        out.config.family)};
  }
  QUERN_ASSIGN(
      const JsonObject config,
      JsonObject::read(out.path, (std::filesystem::path(module.path) / "config.json").string()));
  const int last = out.config.n_vocab - 1;
  HeadFacts::LogitScore score;
  QUERN_ASSIGN(score.yes, config.integer("true_token_id", 0, last));
  QUERN_ASSIGN(score.no, config.integer_or("false_token_id", 0, last, -1));
  out.head = {.output = OutputKind::kLogits,
              .n_values = 1,
              .poolings = {Pooling::kLast},
              .logit_score = score,
              .labels = {"yes"},
              .scale = Scale::kSigmoid};
  out.pair_prompt = qwen3_pair_prompt();
  return {};
}

Status read_pooling(const Module& module, ModelFolder& out) {
  QUERN_ASSIGN(
      const JsonObject config,
      JsonObject::read(out.path, (std::filesystem::path(module.path) / "config.json").string()));
  QUERN_ASSIGN(out.head.poolings, read_poolings(config));
  for (const char* key : {"word_embedding_dimension", "embedding_dimension"}) {
    QUERN_ASSIGN(const int width, config.integer_or(key, 1, 1 << 24, out.config.d_model));
    if (width != out.config.d_model) {
      return config.wrong(key, fmt::format("the model's hidden_size, {}", out.config.d_model));
    }
  }
  QUERN_ASSIGN(out.head.pools_prompt, config.boolean_or("include_prompt", true));
  out.head.n_values = out.config.d_model * static_cast<int>(out.head.poolings.size());
  return {};
}

/// Everything behind the Transformer, in order.
Status read_chain(const std::vector<Module>& modules, ModelFolder& out) {
  bool is_pooled = false;
  out.head.modules.clear();
  for (std::size_t i = 1; i < modules.size(); ++i) {
    const Module& module = modules[i];
    if (module.kind == "Dropout") continue;
    if (module.kind == "Pooling" && !is_pooled) {
      QUERN_TRY(read_pooling(module, out));
      is_pooled = true;
    } else if (is_pooled && is_vector_module(module.kind)) {
      QUERN_ASSIGN(VectorModule read,
                   read_vector_module(module.kind, out.path, module.path, out.head.n_values));
      out.head.n_values = read.n_out;
      out.head.modules.push_back(std::move(read));
    } else {
      return {Code::kUnsupported,
              fmt::format("modules.json: module '{}', want Transformer, Pooling, then any of "
                          "Dense, LayerNorm, Normalize, Dropout",
                          shown(module.kind))};
    }
  }
  if (is_pooled) return {};
  return {Code::kUnsupported, "modules.json: want a Transformer, then a Pooling module"};
}

Status read_prompts(const JsonObject& config, ModelFolder& out) {
  if (config.has("prompts")) {
    QUERN_ASSIGN(const JsonObject prompts, config.object("prompts"));
    for (const auto& [name, text] : prompts.json().items()) {
      if (!text.is_string()) return config.wrong("prompts", "texts by name");
      out.prompts[name] = text.get<std::string>();
    }
  }
  if (!config.has("default_prompt_name")) return {};
  QUERN_ASSIGN(const std::string name, config.string("default_prompt_name"));
  const auto found = out.prompts.find(name);
  if (found == out.prompts.end()) {
    return config.wrong("default_prompt_name", "the name of one of its 'prompts'");
  }
  out.default_prompt = found->second;
  return {};
}

}  // namespace

Status read_sentence_modules(ModelFolder& out) {
  QUERN_ASSIGN(const JsonObject config,
               JsonObject::read_or_empty(out.path, "config_sentence_transformers.json"));
  QUERN_TRY(read_prompts(config, out));
  Result<nlohmann::json> list = read_json(out.path, "modules.json");
  if (list.ok()) {
    QUERN_ASSIGN(const std::vector<Module> modules, parse_modules(*list));
    if (modules.size() == 2 && modules[1].kind == "LogitScore") {
      QUERN_TRY(check_transformer(modules));
      return read_logit_score(modules[1], out);
    }
    if (const std::optional<OutputKind> other = other_output(modules)) {
      out.head.output = *other;
      return {};
    }
    QUERN_TRY(check_transformer(modules));
    QUERN_TRY(read_chain(modules, out));
  } else if (list.status().code() != Code::kNotFound) {
    return list.status();
  }
  QUERN_ASSIGN(out.head.truncate_to,
               config.integer_or("truncate_dim", 1, std::numeric_limits<int>::max(), 0));
  if (out.head.truncate_to >= out.head.n_values) out.head.truncate_to = 0;  // A slice of all.
  return {};
}

}  // namespace quern::formats
