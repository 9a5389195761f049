#include "cli/classification.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/check.h"
#include "cli/json_line.h"

namespace quern::cli {
namespace {

std::vector<float> softmax(std::span<const float> logits) {
  const double top = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - top);
  std::vector<float> scores;
  for (const float logit : logits)
    scores.push_back(static_cast<float>(std::exp(logit - top) / sum));
  return scores;
}

float sigmoid(float logit) { return static_cast<float>(1 / (1 + std::exp(-double{logit}))); }

std::vector<float> scores_of(std::span<const float> logits, engine::Scale scale) {
  if (scale == engine::Scale::kSoftmax) return softmax(logits);
  std::vector<float> scores(logits.begin(), logits.end());
  if (scale == engine::Scale::kSigmoid) {
    std::transform(scores.begin(), scores.end(), scores.begin(), sigmoid);
  }
  return scores;
}

}  // namespace

Classification classify_logits(std::span<const float> logits, const engine::ModelInfo& model) {
  QUERN_CHECK(!logits.empty() && logits.size() == model.labels.size());
  Classification result;
  result.scores = scores_of(logits, model.scale);
  const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
  result.label = model.labels[static_cast<std::size_t>(best)];
  return result;
}

std::string classification_json(long index, const engine::Outcome& outcome,
                                const engine::ModelInfo& model) {
  std::string line = fmt::format("{{\"index\":{}", index);
  if (!outcome.status.ok()) {
    append_json_error(outcome.status, line);
    return line + "}";
  }
  const Classification result = classify_logits(outcome.values, model);
  line += ",\"label\":";
  append_json_string(result.label, line);
  line += ",\"scores\":{";
  for (std::size_t i = 0; i < model.labels.size(); ++i) {
    if (i > 0) line += ',';
    append_json_string(model.labels[i], line);
    line += ':';
    append_json_number(result.scores[i], line);
  }
  line += "},\"logits\":";
  append_json_numbers(outcome.values, line);
  line += fmt::format(",\"scale\":\"{}\",\"n_tokens\":{},\"truncated\":{}}}",
                      engine::scale_name(model.scale), outcome.n_tokens, outcome.n_dropped > 0);
  return line;
}

std::string classification_line(const engine::TextItem& item, const engine::Outcome& outcome,
                                const engine::ModelInfo& model) {
  std::string text = item.text_pair ? item.text + " | " + *item.text_pair : item.text;
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  if (!outcome.status.ok()) return "error\t\t\t" + text;
  const Classification result = classify_logits(outcome.values, model);
  const float score = *std::max_element(result.scores.begin(), result.scores.end());
  return fmt::format("{}\t{:.4f}\t{}\t{}", result.label, score, engine::scale_name(model.scale),
                     text);
}

}  // namespace quern::cli
