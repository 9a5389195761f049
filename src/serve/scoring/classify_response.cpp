#include "serve/scoring/classify_response.h"

#include <algorithm>
#include <iterator>
#include <span>

#include <fmt/format.h>

#include "engine/scoring/scores.h"
#include "serve/json/json_text.h"
#include "serve/openai/list_answer.h"
#include "serve/openai/openai_error.h"

namespace quern::serve {
namespace {

constexpr std::size_t kBytesPerText = 120;
constexpr std::size_t kBytesPerLabel = 40;  // Beside the label itself.

void append_label(std::string& body, const std::string& label, float score) {
  body += R"("label":)";
  append_json_string(body, label);
  body += R"(,"score":)";
  append_json_float(body, score);
}

/// Appends the scores of one text, the best label first. `ranks`: what they are ordered by.
void append_text(std::string& body, std::size_t index, std::span<const std::string> labels,
                 std::span<const float> scores, std::span<const float> ranks) {
  const std::vector<std::size_t> order = engine::best_first(ranks);
  fmt::format_to(std::back_inserter(body), R"({}{{"object":"classification","index":{},)",
                 index == 0 ? "" : ",", index);
  append_label(body, labels[order[0]], scores[order[0]]);
  body += R"(,"scores":[)";
  for (const std::size_t i : order) {
    body += body.back() == '[' ? "{" : ",{";
    append_label(body, labels[i], scores[i]);
    body += '}';
  }
  body += ']';
}

void append_beginning(std::string& body, engine::Scale scale) {
  fmt::format_to(std::back_inserter(body), R"({{"object":"list","scale":"{}",)",
                 engine::scale_name(scale));
}

}  // namespace

Response ClassifyAnswer::write(const engine::Response& made) const {
  const std::size_t n_per_text = own ? own->labels.size() : 1;
  const auto place_of = [n_per_text](std::size_t i) {
    return JsonPlace{"input", static_cast<long>(i / n_per_text)};
  };
  if (const auto failure = find_failure(made, place_of)) return to_response(*failure, openai_error);
  return own ? write_own(made, *own) : write_models(made);
}

Response ClassifyAnswer::write_models(const engine::Response& made) const {
  const std::vector<std::string>& labels = made.head->labels;
  const auto chosen = engine::choose_scale(scale, made.head->scale, labels.size());
  if (!chosen.ok()) {
    return to_response(bad_request("scores: " + chosen.status().message(), "scores"), openai_error);
  }
  Response response;
  std::string& body = response.body;
  body.reserve(n_bytes(made));
  append_beginning(body, *chosen);
  body += R"("data":[)";
  ListEnd end = {.model = model, .n_tokens = made.n_tokens, .warnings = warnings};
  for (std::size_t i = 0; i < made.outcomes.size(); ++i) {
    const engine::Outcome& outcome = made.outcomes[i];
    append_text(body, i, labels, engine::scores_of(outcome.values, *chosen), outcome.values);
    append_dropped(body, outcome.n_dropped);
    body += '}';
    end.n_cut += outcome.n_dropped > 0 ? 1 : 0;
  }
  body += ']';
  end_list(response, end);
  return response;
}

Response ClassifyAnswer::write_own(const engine::Response& made,
                                   const engine::ZeroShot& asked) const {
  const auto meanings = engine::find_entailment(made.head->labels);
  if (!meanings.ok()) return to_response(error_of(meanings.status()), openai_error);
  Response response;
  std::string& body = response.body;
  body.reserve(n_bytes(made));
  append_beginning(body, engine::Scale::kSoftmax);
  fmt::format_to(std::back_inserter(body), R"("multi_label":{},"data":[)", asked.judges_each());
  ListEnd end = {.model = model, .n_tokens = made.n_tokens, .warnings = warnings};
  const std::size_t n_labels = asked.labels.size();
  for (std::size_t begin = 0; begin < made.outcomes.size(); begin += n_labels) {
    std::vector<std::vector<float>> logits;
    int n_dropped = 0;
    for (std::size_t i = begin; i < begin + n_labels; ++i) {
      logits.push_back(made.outcomes[i].values);
      n_dropped = std::max(n_dropped, made.outcomes[i].n_dropped);
    }
    const std::vector<float> scores = engine::zero_shot_scores(asked, *meanings, logits);
    append_text(body, begin / n_labels, asked.labels, scores, scores);
    append_dropped(body, n_dropped);
    body += '}';
    end.n_cut += n_dropped > 0 ? 1 : 0;
  }
  body += ']';
  end_list(response, end);
  return response;
}

std::size_t ClassifyAnswer::n_bytes(const engine::Response& made) const {
  if (made.head == nullptr) return kBytesPerText;
  const std::vector<std::string>& labels = own ? own->labels : made.head->labels;
  std::size_t per_text = kBytesPerText;
  for (const std::string& label : labels) per_text += label.size() + kBytesPerLabel;
  return kBytesPerText + made.outcomes.size() / (own ? labels.size() : 1) * per_text;
}

}  // namespace quern::serve
