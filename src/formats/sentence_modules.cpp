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

bool has_module(const std::vector<Module>& modules, std::string_view kind) {
  return std::any_of(modules.begin(), modules.end(),
                     [&](const Module& module) { return module.kind == kind; });
}

Status check_transformer(const std::vector<Module>& modules) {
  if (modules.empty() ||
      (modules[0].kind != "Transformer" && modules[0].kind != "MLMTransformer")) {
    return {Code::kUnsupported, "modules.json: want a Transformer, then a Pooling module"};
  }
  if (modules[0].path.empty() || modules[0].path == ".") return {};
  return {Code::kUnsupported, fmt::format("modules.json: the Transformer lies in '{}', want it in "
                                          "the folder itself",
                                          shown(modules[0].path))};
}

std::string config_of(const Module& module) {
  return (std::filesystem::path(module.path) / "config.json").string();
}

/// A score from the logits of one or two tokens.
Status read_logit_score(const Module& module, ModelFolder& out) {
  if (!out.decoder || out.decoder->family != DecoderFamily::kQwen3) {
    return {Code::kUnsupported,
            fmt::format("modules.json: a LogitScore over '{}', want qwen3: how others are asked "
                        "is not known",
                        out.config.family)};
  }
  QUERN_ASSIGN(const JsonObject config, JsonObject::read(out.path, config_of(module)));
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
  QUERN_ASSIGN(const JsonObject config, JsonObject::read(out.path, config_of(module)));
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

/// Logits of a masked-language model, pooled over the rows: SPLADE.
Status read_splade(const Module& module, ModelFolder& out) {
  QUERN_ASSIGN(const JsonObject config, JsonObject::read(out.path, config_of(module)));
  SparseFacts sparse;
  QUERN_ASSIGN(const std::string pooling, config.string_or("pooling_strategy", "max"));
  if (pooling != "max" && pooling != "sum") return config.wrong("pooling_strategy", "max or sum");
  sparse.sums = pooling == "sum";
  QUERN_ASSIGN(const std::string activation, config.string_or("activation_function", "relu"));
  if (activation != "relu" && activation != "log1p_relu") {
    return config.unsupported("activation_function", "relu or log1p_relu");
  }
  sparse.twice = activation == "log1p_relu";
  const int n_vocab = out.config.n_vocab;
  for (const char* key : {"word_embedding_dimension", "embedding_dimension"}) {
    QUERN_ASSIGN(const int n, config.integer_or(key, 1, 1 << 24, n_vocab));
    if (n != n_vocab) {
      return config.wrong(key, fmt::format("the model's vocab_size, {}", n_vocab));
    }
  }
  out.head.output = OutputKind::kSparse;
  out.head.n_values = n_vocab;
  out.head.modules.clear();
  out.head.sparse = std::move(sparse);
  return {};
}

/// Modules over rows, with no pooling among them: late interaction, as sentence-transformers (with
/// a MultiVectorMask) or as PyLate writes it.
Status read_row_chain(const std::vector<Module>& modules, const JsonObject& sentence,
                      ModelFolder& out) {
  RowFacts rows{.n_values = out.config.d_model};
  std::optional<JsonObject> mask;
  for (std::size_t i = 1; i < modules.size(); ++i) {
    const Module& module = modules[i];
    if (module.kind == "Dropout") continue;
    if (module.kind == "MultiVectorMask" && !mask) {
      QUERN_ASSIGN(mask, JsonObject::read_or_empty(out.path, config_of(module)));
    } else if (is_vector_module(module.kind)) {
      QUERN_ASSIGN(VectorModule read, read_vector_module(module.kind, out.path, module.path,
                                                         rows.n_values, ModuleInput::kRows));
      rows.n_values = read.n_out;
      rows.modules.push_back(std::move(read));
    } else {
      return {Code::kUnsupported,
              fmt::format("modules.json: module '{}' over the rows of a text, want any of Dense, "
                          "LayerNorm, Normalize, Dropout, MultiVectorMask",
                          shown(module.kind))};
    }
  }
  if (mask) {
    QUERN_ASSIGN(const JsonObject transformer,
                 JsonObject::read_or_empty(out.path, "sentence_bert_config.json"));
    QUERN_ASSIGN(rows.late, read_late_interaction(out.path, sentence, transformer, *mask));
  } else {
    QUERN_ASSIGN(rows.late, read_pylate(out.path, sentence));
    rows.modules.push_back(normalize_module(rows.n_values));
  }
  set_late_interaction(std::move(rows), out.head);
  return {};
}

/// Everything behind the Transformer, in order, where it ends in a vector.
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
    QUERN_TRY(check_transformer(modules));
    if (modules.size() == 2 && modules[1].kind == "SpladePooling") {
      return read_splade(modules[1], out);
    }
    const bool pools = has_module(modules, "Pooling");
    if (!pools && (has_module(modules, "Dense") || has_module(modules, "MultiVectorMask"))) {
      return read_row_chain(modules, config, out);
    }
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
