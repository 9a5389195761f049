#include "formats/head_facts.h"

#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "formats/json_object.h"

namespace quern::formats {
namespace {

constexpr int kMaxLabels = 1 << 16;

Result<OutputKind> read_output(const JsonObject& config) {
  QUERN_ASSIGN(const std::vector<std::string> names, config.strings("architectures"));
  constexpr const char* kRefused[] = {"ForQuestionAnswering", "ForMultipleChoice",
                                      "ForNextSentencePrediction"};
  for (const std::string& name : names) {
    if (name.ends_with("ForSequenceClassification")) return OutputKind::kLogits;
    if (name.ends_with("ForTokenClassification")) return OutputKind::kTags;
    for (const char* refused : kRefused) {
      if (name.ends_with(refused)) {
        return config.unsupported(
            "architectures",
            "an encoder (BertModel, RobertaModel) or one for sequence or token classification");
      }
    }
  }
  return OutputKind::kVector;
}

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

/// id2label, or "LABEL_0" ... up to num_labels (2 unless said).
Result<std::vector<std::string>> read_labels(const JsonObject& config) {
  if (config.has("id2label")) return read_id2label(config);
  QUERN_ASSIGN(const int n, config.integer_or("num_labels", 1, kMaxLabels, 2));
  std::vector<std::string> labels;
  for (int i = 0; i < n; ++i) labels.push_back(fmt::format("LABEL_{}", i));
  return labels;
}

/// The Python name of an activation, of which the last part counts: modules moved.
Result<Scale> scale_of_activation(const JsonObject& object, const char* key) {
  QUERN_ASSIGN(const std::string path, object.string(key));
  const std::string name = path.substr(path.rfind('.') + 1);
  if (name == "Identity") return Scale::kRaw;
  if (name == "Sigmoid") return Scale::kSigmoid;
  if (name == "Softmax") return Scale::kSoftmax;
  return object.unsupported(key, "Identity, Sigmoid or Softmax");
}

/// A cross-encoder's activation goes first, under its new or its old name; then what transformers
/// makes of problem_type; then the number of labels.
Result<Scale> read_scale(const JsonObject& config, std::size_t n_labels) {
  constexpr const char* kOldKey = "sbert_ce_default_activation_function";
  if (config.has("sentence_transformers")) {
    QUERN_ASSIGN(const JsonObject sentence, config.object("sentence_transformers"));
    if (sentence.has("activation_fn")) return scale_of_activation(sentence, "activation_fn");
  }
  if (config.has(kOldKey)) return scale_of_activation(config, kOldKey);
  QUERN_ASSIGN(const std::string problem, config.string_or("problem_type", ""));
  if (problem == "regression") return Scale::kRaw;
  if (problem == "multi_label_classification" || n_labels == 1) return Scale::kSigmoid;
  return Scale::kSoftmax;
}

}  // namespace

const char* task_name(Task task) {
  switch (task) {
    case Task::kEmbed:
      return "embed";
    case Task::kClassify:
      return "classify";
    case Task::kGenerate:
      return "generate";
    case Task::kRerank:
      return "rerank";
    case Task::kZeroShot:
      return "zero-shot";
    case Task::kTag:
      return "tag";
  }
  return "";
}

const char* what_it_does(Task task) {
  switch (task) {
    case Task::kEmbed:
      return "embeds texts";
    case Task::kClassify:
      return "classifies texts";
    case Task::kGenerate:
      return "generates text";
    case Task::kRerank:
      return "scores a document for a query (a cross-encoder)";
    case Task::kZeroShot:
      return "judges whether a text entails another (an NLI model)";
    case Task::kTag:
      return "labels the tokens of texts (classify --tokens)";
  }
  return "";
}

const char* output_name(OutputKind kind) {
  switch (kind) {
    case OutputKind::kVector:
      return "vector";
    case OutputKind::kLogits:
      return "logits";
    case OutputKind::kSparse:
      return "sparse";
    case OutputKind::kRows:
      return "token";
    case OutputKind::kTags:
      return "tags";
  }
  return "";
}

const char* scale_name(Scale scale) {
  switch (scale) {
    case Scale::kRaw:
      return "raw";
    case Scale::kSigmoid:
      return "sigmoid";
    case Scale::kSoftmax:
      return "softmax";
    case Scale::kMaxSim:
      return "maxsim";
  }
  return "";
}

Result<HeadFacts> read_head(const JsonObject& config, int d_model) {
  HeadFacts head;
  QUERN_ASSIGN(head.output, read_output(config));
  head.n_values = d_model;
  if (head.output == OutputKind::kTags) {
    QUERN_ASSIGN(head.labels, read_labels(config));
    head.n_values = static_cast<int>(head.labels.size());
    return head;
  }
  if (head.output != OutputKind::kLogits) {
    head.modules = {normalize_module(d_model)};
    return head;
  }
  QUERN_ASSIGN(const std::string pooling, config.string_or("classifier_pooling", "cls"));
  if (pooling != "cls" && pooling != "mean") {
    return config.unsupported("classifier_pooling", "cls or mean");
  }
  head.poolings = {pooling == "cls" ? Pooling::kCls : Pooling::kMean};
  QUERN_ASSIGN(head.labels, read_labels(config));
  head.n_values = static_cast<int>(head.labels.size());
  QUERN_ASSIGN(head.scale, read_scale(config, head.labels.size()));
  if (head.scale == Scale::kSoftmax && head.labels.size() == 1) {
    return Status(Code::kUnsupported,
                  fmt::format("{}: names a softmax over a single label, which is always 1, want "
                              "Identity or Sigmoid",
                              config.label()));
  }
  return head;
}

Status override_pooling(Pooling pooling, HeadFacts& head) {
  if (head.output != OutputKind::kVector) {
    return {Code::kUnsupported, "pooling can be chosen for a model that makes vectors only"};
  }
  if (head.poolings.size() > 1) {
    return {Code::kUnsupported,
            fmt::format("the model puts {} poolings side by side, no other can be chosen",
                        head.poolings.size())};
  }
  head.poolings = {pooling};
  return {};
}

bool HeadFacts::makes(OutputKind kind) const {
  if (kind == OutputKind::kRows) return rows.has_value() && output != OutputKind::kTags;
  if (kind == OutputKind::kSparse) return sparse.has_value();
  return kind == output;
}

OutputShape HeadFacts::shape_of(OutputKind kind, int n_vocab) const {
  QUERN_CHECK(makes(kind));
  if (kind == OutputKind::kRows || kind == OutputKind::kTags) {
    return {.n_values = rows->n_values, .per_token = true};
  }
  if (kind != OutputKind::kSparse) return {.n_values = n_values};
  if (sparse->kind == SparseFacts::Kind::kMaskedLm) return {.n_values = n_vocab};
  return {.n_values = 1, .per_token = true};
}

void set_late_interaction(RowFacts rows, HeadFacts& head) {
  head.output = OutputKind::kRows;
  head.n_values = rows.n_values;
  head.modules.clear();
  head.scale = Scale::kMaxSim;
  head.rows = std::move(rows);
}

std::string output_names(const HeadFacts& head) {
  std::string out;
  for (const auto kind :
       {OutputKind::kVector, OutputKind::kLogits, OutputKind::kSparse, OutputKind::kRows}) {
    if (head.makes(kind)) out += (out.empty() ? "" : ", ") + std::string(output_name(kind));
  }
  return out;
}

}  // namespace quern::formats
