#include "formats/lora_adapter.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "formats/json_object.h"

namespace quern::formats {
namespace {

constexpr int kMaxRank = 4096;
constexpr std::uint64_t kMaxLayer = 1'000'000;
constexpr double kMaxAlpha = 1e6;
constexpr std::string_view kRoot = "base_model.model.";
constexpr std::string_view kHalves[] = {".lora_A.weight", ".lora_B.weight"};

/// Fields that make of a LoRA adapter something else; null, false and empty ones do not.
constexpr const char* kOtherKinds[] = {"use_dora",
                                       "alpha_pattern",
                                       "rank_pattern",
                                       "lora_bias",
                                       "layer_replication",
                                       "target_parameters",
                                       "use_qalora",
                                       "alora_invocation_tokens",
                                       "trainable_token_indices",
                                       "arrow_config",
                                       "use_bdlora",
                                       "velora_config",
                                       "kasa_config",
                                       "monteclora_config",
                                       "lora_ga_config"};
/// Starts that leave the base's weights as they are.
constexpr const char* kPlainStarts[] = {"gaussian", "eva", "orthogonal"};

struct LoraConfig {
  int rank = 0;
  double scale = 0;
  LoraAdapter facts;
};

bool says_something(const nlohmann::json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_structured() || value.is_string()) return !value.empty();
  return true;
}

Status check_kind(const JsonObject& config) {
  QUERN_ASSIGN(const std::string kind, config.string("peft_type"));
  if (kind != "LORA") return config.unsupported("peft_type", "LORA");
  for (const char* key : kOtherKinds) {
    if (says_something(config.at(key))) return config.unsupported(key, "none: plain LoRA alone");
  }
  QUERN_ASSIGN(const std::string bias, config.string_or("bias", "none"));
  if (bias != "none") return config.unsupported("bias", "none");
  const nlohmann::json& start = config.at("init_lora_weights");
  const bool is_plain =
      !start.is_string() || std::any_of(std::begin(kPlainStarts), std::end(kPlainStarts),
                                        [&](const char* name) { return start == name; });
  if (is_plain) return {};
  return config.unsupported("init_lora_weights",
                            "one that leaves the base as it is (true, gaussian, eva, orthogonal)");
}

/// A number or a list of them, and a name or a list of names.
Status read_layers(const JsonObject& config, LoraAdapter& out) {
  nlohmann::json layers = config.at("layers_to_transform");
  if (layers.is_number()) layers = nlohmann::json::array({layers});
  if (!layers.is_null() && !layers.is_array()) {
    return config.wrong("layers_to_transform", "numbers of layers");
  }
  for (const nlohmann::json& layer : layers) {
    if (!layer.is_number_unsigned() || layer.get<std::uint64_t>() > kMaxLayer) {
      return config.wrong("layers_to_transform", "numbers of layers");
    }
    out.layers.push_back(layer.get<std::int64_t>());
  }
  if (config.at("layers_pattern").is_string()) {
    QUERN_ASSIGN(std::string name, config.string("layers_pattern"));
    if (!name.empty()) out.layer_names.push_back(std::move(name));
    return {};
  }
  QUERN_ASSIGN(out.layer_names, config.strings("layers_pattern"));
  return {};
}

/// "target_modules" is a list of names, or a pattern ("all-linear" or a regular expression), which
/// the tensors answer for.
Status read_targets(const JsonObject& config, LoraAdapter& out) {
  const nlohmann::json& targets = config.at("target_modules");
  if (!targets.is_string()) {
    QUERN_ASSIGN(out.targets, config.strings("target_modules"));
    if (out.targets.empty()) return config.wrong("target_modules", "names of modules");
  }
  out.excludes_some = says_something(config.at("exclude_modules"));
  return read_layers(config, out);
}

Result<LoraConfig> read_config(const std::string& folder) {
  QUERN_ASSIGN(const JsonObject config, JsonObject::read(folder, kAdapterConfig));
  QUERN_TRY(check_kind(config));
  LoraConfig out;
  QUERN_ASSIGN(out.rank, config.integer("r", 1, kMaxRank));
  QUERN_ASSIGN(const double alpha, config.number_or("lora_alpha", -kMaxAlpha, kMaxAlpha, 8));
  QUERN_ASSIGN(const bool is_stable, config.boolean_or("use_rslora", false));
  out.scale = alpha / (is_stable ? std::sqrt(out.rank) : out.rank);
  QUERN_ASSIGN(out.facts.is_transposed, config.boolean_or("fan_in_fan_out", false));
  QUERN_ASSIGN(out.facts.task, config.string_or("task_type", ""));
  QUERN_ASSIGN(out.facts.modules_to_save, config.strings("modules_to_save"));
  QUERN_TRY(read_targets(config, out.facts));
  return out;
}

bool is_number_type(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
}

/// Whether `name` is the module `end`, ends with it, or lies in it.
bool is_part_of(std::string_view name, std::string_view module) {
  return fmt::format(".{}.", name).find(fmt::format(".{}.", module)) != std::string::npos;
}

/// Both halves of an update, as they are found.
struct Halves {
  std::optional<TensorEntry> of[2] = {};
};

Result<LoraUpdate> joined(const std::string& module, const Halves& halves,
                          const LoraConfig& config) {
  for (int i = 0; i < 2; ++i) {
    if (halves.of[i]) continue;
    return {Code::kBadInput, fmt::format("no tensor '{}{}{}', and there is its other half", kRoot,
                                         module, kHalves[i])};
  }
  const auto shape_error = [&](int half, const char* want) -> Status {
    return {Code::kBadInput,
            fmt::format("tensor '{}{}{}' is [{}], want {} (r is {})", kRoot, module, kHalves[half],
                        fmt::join(halves.of[half]->shape, ", "), want, config.rank)};
  };
  const auto& a = halves.of[0]->shape;
  const auto& b = halves.of[1]->shape;
  if (a.size() != 2 || a[0] != config.rank) return shape_error(0, "[r, inputs]");
  if (b.size() != 2 || b[1] != config.rank) return shape_error(1, "[outputs, r]");
  return LoraUpdate{module, *halves.of[0], *halves.of[1], config.scale};
}

Status sort_tensors(const LoraConfig& config, LoraAdapter& out) {
  std::map<std::string, Halves> updates;
  for (const auto& [name, entry] : out.files.all()) {
    if (!name.starts_with(kRoot)) {
      return {Code::kBadInput,
              fmt::format("tensor '{}', want a name that begins with '{}'", name, kRoot)};
    }
    if (!is_number_type(entry.dtype)) {
      return {Code::kUnsupported, fmt::format("tensor '{}' is of {}, want f32, f16 or bf16", name,
                                              dtype_name(entry.dtype))};
    }
    std::string inner = name.substr(kRoot.size());
    const auto half = std::find_if(std::begin(kHalves), std::end(kHalves),
                                   [&](std::string_view end) { return inner.ends_with(end); });
    if (half != std::end(kHalves)) {
      inner.resize(inner.size() - half->size());
      updates[inner].of[half - std::begin(kHalves)] = entry;
      continue;
    }
    const bool is_saved =
        std::any_of(out.modules_to_save.begin(), out.modules_to_save.end(),
                    [&](const std::string& module) { return is_part_of(inner, module); });
    if (!is_saved) {
      return {Code::kUnsupported, fmt::format("tensor '{}' is neither half of an update nor of "
                                              "modules_to_save",
                                              name)};
    }
    out.saved.push_back({std::move(inner), entry});
  }
  for (const auto& [module, halves] : updates) {
    QUERN_ASSIGN(LoraUpdate update, joined(module, halves, config));
    out.updates.push_back(std::move(update));
  }
  return {};
}

bool has_saved(const LoraAdapter& adapter, std::string_view module) {
  return std::any_of(adapter.saved.begin(), adapter.saved.end(),
                     [&](const SavedTensor& saved) { return is_part_of(saved.name, module); });
}

/// PEFT adds both names of a classifier to modules_to_save, whichever the base's class has.
Status check_saved(const LoraAdapter& adapter) {
  if (adapter.updates.empty()) return {Code::kBadInput, "no lora_A and lora_B in it"};
  const auto is_classifier = [](std::string_view module) {
    return module == "classifier" || module == "score";
  };
  for (const std::string& module : adapter.modules_to_save) {
    if (is_classifier(module) || has_saved(adapter, module)) continue;
    return {Code::kBadInput, fmt::format("no tensor of '{}', which modules_to_save names", module)};
  }
  const bool classifies = adapter.task == "SEQ_CLS" || adapter.task == "TOKEN_CLS";
  if (!classifies || has_saved(adapter, "classifier") || has_saved(adapter, "score")) return {};
  return {Code::kBadInput,
          fmt::format("no tensor of 'classifier' or 'score', and task_type is {}", adapter.task)};
}

}  // namespace

Result<LoraAdapter> read_lora_adapter(const std::string& folder) {
  QUERN_ASSIGN(LoraConfig config, read_config(folder));
  LoraAdapter out = std::move(config.facts);
  QUERN_ASSIGN(out.files, TensorFiles::open(folder + "/" + kAdapterWeights));
  QUERN_TRY(sort_tensors(config, out).in(kAdapterWeights));
  QUERN_TRY(check_saved(out).in(kAdapterWeights));
  return out;
}

}  // namespace quern::formats
