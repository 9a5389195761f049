#include "formats/sentence_modules.h"

#include <algorithm>
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

/// Transformer, Pooling and then at most Normalize: the only chain that is understood.
Status check_chain(const std::vector<Module>& modules) {
  if (modules.size() < 2 || modules[0].kind != "Transformer" || modules[1].kind != "Pooling") {
    return {Code::kUnsupported, "modules.json: want a Transformer, then a Pooling module"};
  }
  if (!modules[0].path.empty() && modules[0].path != ".") {
    return {Code::kUnsupported,
            fmt::format("modules.json: the Transformer lies in '{}', want it in "
                        "the folder itself",
                        shown(modules[0].path))};
  }
  for (std::size_t i = 2; i < modules.size(); ++i) {
    if (modules[i].kind != "Normalize" && modules[i].kind != "Dropout") {
      return {Code::kUnsupported,
              fmt::format("modules.json: module '{}', want Transformer, Pooling, Normalize",
                          shown(modules[i].kind))};
    }
  }
  return {};
}

/// The single mode of an old-style config of booleans; mean when it names none.
Result<std::string> mode_from_flags(const JsonObject& config) {
  constexpr std::pair<const char*, const char*> kFlags[] = {
      {"pooling_mode_cls_token", "cls"},
      {"pooling_mode_mean_tokens", "mean"},
      {"pooling_mode_max_tokens", "max"},
      {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"},
      {"pooling_mode_weightedmean_tokens", "weightedmean"},
      {"pooling_mode_lasttoken", "lasttoken"}};
  std::string mode;
  for (const auto& [flag, name] : kFlags) {
    QUERN_ASSIGN(const bool is_set, config.boolean_or(flag, false));
    if (!is_set) continue;
    if (!mode.empty()) return config.unsupported(flag, "one pooling mode alone");
    mode = name;
  }
  return mode.empty() ? "mean" : mode;
}

Result<Pooling> read_pooling_mode(const JsonObject& config) {
  std::string mode;
  if (config.at("pooling_mode").is_array()) {
    QUERN_ASSIGN(const std::vector<std::string> modes, config.strings("pooling_mode"));
    if (modes.size() != 1) return config.unsupported("pooling_mode", "one pooling mode alone");
    mode = modes[0];
  } else if (config.has("pooling_mode")) {
    QUERN_ASSIGN(mode, config.string("pooling_mode"));
  } else {
    QUERN_ASSIGN(mode, mode_from_flags(config));
  }
  if (mode == "mean") return Pooling::kMean;
  if (mode == "cls") return Pooling::kCls;
  if (mode == "max") return Pooling::kMax;
  if (mode == "lasttoken") return Pooling::kLast;
  return {Code::kUnsupported, fmt::format("{}: pooling mode '{}', want mean, cls, max or lasttoken",
                                          config.label(), shown(mode))};
}

Status read_pooling(const Module& module, ModelFolder& out) {
  QUERN_ASSIGN(
      const JsonObject config,
      JsonObject::read(out.path, (std::filesystem::path(module.path) / "config.json").string()));
  QUERN_ASSIGN(out.head.pooling, read_pooling_mode(config));
  for (const char* key : {"word_embedding_dimension", "embedding_dimension"}) {
    QUERN_ASSIGN(const int width, config.integer_or(key, 1, 1 << 24, out.config.d_model));
    if (width != out.config.d_model) {
      return config.wrong(key, fmt::format("the model's hidden_size, {}", out.config.d_model));
    }
  }
  QUERN_ASSIGN(const bool pools_prompt, config.boolean_or("include_prompt", true));
  if (!pools_prompt && !out.prompts.empty()) {
    return config.unsupported("include_prompt", "true, or no prompts");
  }
  return {};
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
  QUERN_ASSIGN(out.head.truncate_to,
               config.integer_or("truncate_dim", 1, std::numeric_limits<int>::max(), 0));
  if (out.head.truncate_to >= out.head.n_values) out.head.truncate_to = 0;  // A slice of all.
  Result<nlohmann::json> list = read_json(out.path, "modules.json");
  if (!list.ok()) {
    return list.status().code() == Code::kNotFound ? Status() : list.status();
  }
  QUERN_ASSIGN(const std::vector<Module> modules, parse_modules(*list));
  if (const std::optional<OutputKind> other = other_output(modules)) {
    out.head.output = *other;
    return {};
  }
  QUERN_TRY(check_chain(modules));
  out.head.normalize = std::any_of(modules.begin(), modules.end(),
                                   [](const Module& m) { return m.kind == "Normalize"; });
  return read_pooling(modules[1], out);
}

}  // namespace quern::formats
