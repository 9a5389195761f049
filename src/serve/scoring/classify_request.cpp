#include "serve/scoring/classify_request.h"

#include <utility>

#include <fmt/format.h>

#include "serve/json/json_reader.h"
#include "serve/openai/encoder_fields.h"
#include "serve/scoring/scoring_fields.h"

namespace quern::serve {
namespace {

constexpr std::string_view kWantedInput = "a string, or a list of strings and of pairs of strings";

/// Reads one field's value after another into the request.
class Reader {
 public:
  Reader(const ClassifyLimits& limits, ClassifyRequest& out)
      : limits_(limits), out_(out), common_(out.request, IgnoredBy::kScoring, out.warnings) {
    out.request.task = engine::Task::kClassify;
  }

  Problem read_field(std::string_view key, JsonValue value);
  Problem finish();

 private:
  Problem read_input(JsonValue value);
  Problem read_element(JsonValue value, const JsonPlace& place);
  Problem read_labels(JsonValue value);
  Problem expand();

  ClassifyLimits limits_;
  ClassifyRequest& out_;
  EncoderFields common_;
  engine::ZeroShot own_;
  bool has_input_ = false;
  bool has_labels_ = false;
  std::string_view only_with_labels_;  // A field that means nothing without them; "" for none.
};

Problem Reader::read_field(std::string_view key, JsonValue value) {
  if (key == "model") return common_.read_model(value);
  if (key == "input") {
    has_input_ = true;
    return read_input(value);
  }
  bool is_null = false;
  if (Problem problem = read_null(value, {key}, is_null)) return problem;
  if (is_null) return {};
  if (key == "candidate_labels") {
    has_labels_ = true;
    return read_labels(value);
  }
  if (key == "hypothesis_template") {
    only_with_labels_ = "hypothesis_template";
    return read_string(value, {key}, own_.hypothesis);
  }
  if (key == "multi_label") {
    if (Problem problem = read_flag(value, {key}, own_.multi_label)) return problem;
    if (own_.multi_label) only_with_labels_ = "multi_label";
    return {};
  }
  if (key == "raw_scores") return read_raw_scores(value, out_.scale);
  if (key == "scores") {
    using enum engine::Scale;
    return read_scale(value, {kRaw, kSigmoid, kSoftmax}, out_.scale);
  }
  return common_.read(key, value);
}

Problem Reader::read_input(JsonValue value) {
  auto& inputs = out_.request.inputs;
  inputs.clear();  // Of a repeated field the last one counts.
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, {"input"});
  if (type == JsonType::string) return read_string(value, {"input"}, inputs.emplace_back().text);
  return read_list(value, {"input"}, kWantedInput,
                   [&](JsonValue item, const JsonPlace& at) { return read_element(item, at); });
}

Problem Reader::read_element(JsonValue value, const JsonPlace& place) {
  auto& inputs = out_.request.inputs;
  if (Problem problem = check_limit(inputs.size() + 1, limits_.max_inputs, "input", "has")) {
    return problem;
  }
  engine::Input& input = inputs.emplace_back();
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  if (type == JsonType::string) return read_string(value, place, input.text);
  return read_pair(value, place, input.text, input.text_pair.emplace());
}

Problem Reader::read_labels(JsonValue value) {
  own_.labels.clear();
  return read_list(value, {"candidate_labels"}, "a list of labels",
                   [&](JsonValue item, const JsonPlace& at) -> Problem {
                     if (Problem problem = check_limit(own_.labels.size() + 1, limits_.max_pairs,
                                                       at.field, "has")) {
                       return problem;
                     }
                     return read_string(item, at, own_.labels.emplace_back());
                   });
}

Problem Reader::finish() {
  if (Problem problem = common_.check()) return problem;
  if (!has_input_) {
    return bad_request(fmt::format("input: is missing, wanted {}", kWantedInput), "input");
  }
  if (out_.request.inputs.empty()) {
    return bad_request("input: is an empty list, wanted at least one item", "input");
  }
  if (has_labels_) return expand();
  if (only_with_labels_.empty()) return {};
  return bad_request(fmt::format("{}: means nothing without candidate_labels", only_with_labels_),
                     std::string(only_with_labels_));
}

/// Makes the pairs for the labels.
Problem Reader::expand() {
  if (const Status status = engine::check_labels(own_.labels); !status.ok()) {
    return bad_request("candidate_labels: " + status.message(), "candidate_labels");
  }
  if (const Status status = engine::check_hypothesis(own_.hypothesis); !status.ok()) {
    return bad_request("hypothesis_template: " + status.message(), "hypothesis_template");
  }
  if (out_.scale) {
    return bad_request("scores: are of the model's labels, those of candidate_labels are a softmax",
                       "scores");
  }
  std::vector<engine::Input>& texts = out_.request.inputs;
  if (Problem problem = check_limit(texts.size() * own_.labels.size(), limits_.max_pairs,
                                    "candidate_labels", "make with the texts of input")) {
    return problem;
  }
  const std::vector<std::string> hypotheses = own_.hypotheses();
  std::vector<engine::Input> pairs;
  pairs.reserve(texts.size() * hypotheses.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].text_pair) {
      return wrong_type({"input", static_cast<long>(i)}, "a pair",
                        "a string, to judge by candidate_labels");
    }
    for (const std::string& hypothesis : hypotheses) {
      pairs.push_back({.text = texts[i].text, .text_pair = hypothesis, .ids = {}});
    }
  }
  texts = std::move(pairs);
  out_.request.task = engine::Task::kZeroShot;
  out_.own = std::move(own_);
  return {};
}

}  // namespace

std::optional<HttpError> parse_classify_request(std::string& body, const ClassifyLimits& limits,
                                                ClassifyRequest& out) {
  Reader reader(limits, out);
  Problem problem = read_fields_into(body, reader);
  return problem ? problem : reader.finish();
}

}  // namespace quern::serve
