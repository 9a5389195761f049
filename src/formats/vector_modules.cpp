#include "formats/vector_modules.h"

#include <filesystem>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "formats/fast_json.h"
#include "formats/json_object.h"

namespace quern::formats {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxWidth = 1 << 24;

struct Mode {
  Pooling pooling;
  const char* name;
  const char* old_flag;
};
constexpr Mode kModes[] = {
    {Pooling::kCls, "cls", "pooling_mode_cls_token"},
    {Pooling::kMax, "max", "pooling_mode_max_tokens"},
    {Pooling::kMean, "mean", "pooling_mode_mean_tokens"},
    {Pooling::kMeanSqrtLen, "mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens"},
    {Pooling::kWeightedMean, "weightedmean", "pooling_mode_weightedmean_tokens"},
    {Pooling::kLast, "lasttoken", "pooling_mode_lasttoken"}};

constexpr std::pair<const char*, HeadActivation> kActivations[] = {
    {"Identity", HeadActivation::kNone}, {"Tanh", HeadActivation::kTanh},
    {"ReLU", HeadActivation::kRelu},     {"GELU", HeadActivation::kGelu},
    {"SiLU", HeadActivation::kSilu},     {"Sigmoid", HeadActivation::kSigmoid}};

/// The Python name of a module, of which the last part counts; Tanh where none is named.
Result<HeadActivation> read_activation(const JsonObject& config) {
  constexpr const char* kKey = "activation_function";
  if (!config.has(kKey)) return HeadActivation::kTanh;
  QUERN_ASSIGN(const std::string path, config.string(kKey));
  const std::string name = path.substr(path.rfind('.') + 1);
  for (const auto& [known, activation] : kActivations) {
    if (path.starts_with("torch.") && name == known) return activation;
  }
  return config.unsupported(kKey, "torch's Identity, Tanh, ReLU, GELU, SiLU or Sigmoid");
}

Status check_width(const JsonObject& config, const char* key, int n_in) {
  QUERN_ASSIGN(const int n, config.integer(key, 1, kMaxWidth));
  if (n == n_in) return {};
  return config.wrong(key, fmt::format("the width of what comes in, {}", n_in));
}

/// Modules of late interaction work on rows, others on vectors.
Status check_input(const JsonObject& config, ModuleInput input) {
  const char* want = input == ModuleInput::kRows ? "token_embeddings" : "sentence_embedding";
  for (const char* key : {"module_input_name", "module_output_name"}) {
    QUERN_ASSIGN(const std::string name, config.string_or(key, want));
    if (name != want) return config.unsupported(key, want);
  }
  return {};
}

Status check_weights(const fs::path& folder, const std::string& relative) {
  std::error_code error;
  const fs::path at = folder / relative;
  if (fs::exists(at / "model.safetensors", error)) return {};
  if (!fs::exists(at / "pytorch_model.bin", error)) {
    return {Code::kNotFound, fmt::format("no '{}/model.safetensors'", relative)};
  }
  return {Code::kUnsupported,
          fmt::format("'{0}' has its weights in pytorch_model.bin alone, want model.safetensors: "
                      "load the model with sentence-transformers once and save it again "
                      "(save_pretrained)",
                      relative)};
}

Result<VectorModule> read_dense(const JsonObject& config, int n_in) {
  VectorModule out{.kind = VectorModule::Kind::kDense, .n_in = n_in, .tensor = "linear"};
  QUERN_TRY(check_width(config, "in_features", n_in));
  QUERN_ASSIGN(out.n_out, config.integer("out_features", 1, kMaxWidth));
  QUERN_ASSIGN(out.has_bias, config.boolean_or("bias", true));
  QUERN_ASSIGN(out.activation, read_activation(config));
  QUERN_ASSIGN(const bool has_residual, config.boolean_or("use_residual", false));
  if (has_residual) {
    out.residual =
        out.n_out == n_in ? VectorModule::Residual::kInput : VectorModule::Residual::kProjected;
  }
  return out;
}

}  // namespace

const char* pooling_name(Pooling pooling) { return kModes[static_cast<std::size_t>(pooling)].name; }

std::string pooling_names() {
  std::string out;
  for (const Mode& mode : kModes) out += (out.empty() ? "" : ", ") + std::string(mode.name);
  return out;
}

std::string poolings_text(const std::vector<Pooling>& poolings) {
  std::string out;
  for (const Pooling pooling : poolings) {
    out += (out.empty() ? "" : "+") + std::string(pooling_name(pooling));
  }
  return out;
}

Result<Pooling> parse_pooling(std::string_view name) {
  for (const Mode& mode : kModes) {
    if (name == mode.name) return mode.pooling;
  }
  return {Code::kBadInput,
          fmt::format("pooling '{}' is not known, want one of: {}", shown(name), pooling_names())};
}

VectorModule normalize_module(int n_values) {
  return {.kind = VectorModule::Kind::kNormalize, .n_in = n_values, .n_out = n_values};
}

Result<std::vector<Pooling>> read_poolings(const JsonObject& config) {
  std::vector<Pooling> out;
  if (config.has("pooling_mode")) {
    std::vector<std::string> names;
    if (config.at("pooling_mode").is_array()) {
      QUERN_ASSIGN(names, config.strings("pooling_mode"));
    } else {
      QUERN_ASSIGN(names.emplace_back(), config.string("pooling_mode"));
    }
    if (names.empty() || names.size() > std::size(kModes)) {
      return config.wrong("pooling_mode", "one mode, or a list of some");
    }
    for (const std::string& name : names) {
      QUERN_ASSIGN(const Pooling pooling, parse_pooling(name).in(config.label()));
      out.push_back(pooling);
    }
    return out;
  }
  for (const Mode& mode : kModes) {
    QUERN_ASSIGN(const bool is_set, config.boolean_or(mode.old_flag, false));
    if (is_set) out.push_back(mode.pooling);
  }
  if (out.empty()) out.push_back(Pooling::kMean);
  return out;
}

bool is_vector_module(std::string_view kind) {
  return kind == "Dense" || kind == "LayerNorm" || kind == "Normalize";
}

Result<VectorModule> read_vector_module(std::string_view kind, const std::string& path,
                                        const std::string& folder, int n_in, ModuleInput input) {
  const std::string file = (fs::path(folder) / "config.json").string();
  VectorModule out = normalize_module(n_in);
  if (kind == "Normalize") {  // Old files give it no config.
    QUERN_ASSIGN(const JsonObject config, JsonObject::read_or_empty(path, file));
    QUERN_TRY(check_input(config, input));
    return out;
  }
  QUERN_ASSIGN(const JsonObject config, JsonObject::read(path, file));
  QUERN_TRY(check_input(config, input));
  if (kind == "Dense") {
    QUERN_ASSIGN(out, read_dense(config, n_in));
  } else {
    out.kind = VectorModule::Kind::kLayerNorm;
    out.has_bias = true;
    out.tensor = "norm";
    QUERN_TRY(check_width(config, "dimension", n_in));
  }
  out.folder = folder;
  QUERN_TRY(check_weights(path, folder));
  return out;
}

}  // namespace quern::formats
