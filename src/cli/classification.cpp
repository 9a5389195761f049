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

}  // namespace

Classification classify_logits(std::span<const float> logits, std::span<const std::string> labels) {
  QUERN_CHECK(!logits.empty() && logits.size() == labels.size());
  Classification result;
  if (logits.size() == 1) {
    result.scale = "sigmoid";
    result.scores = {sigmoid(logits[0])};
  } else {
    result.scale = "softmax";
    result.scores = softmax(logits);
  }
  const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
  result.label = labels[static_cast<std::size_t>(best)];
  return result;
}

std::string classification_json(long index, const engine::Outcome& outcome,
                                std::span<const std::string> labels) {
  std::string line = fmt::format("{{\"index\":{}", index);
  if (!outcome.status.ok()) {
    append_json_error(outcome.status, line);
    return line + "}";
  }
  const Classification result = classify_logits(outcome.values, labels);
  line += ",\"label\":";
  append_json_string(result.label, line);
  line += ",\"scores\":{";
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (i > 0) line += ',';
    append_json_string(labels[i], line);
    line += ':';
    append_json_number(result.scores[i], line);
  }
  line += "},\"logits\":";
  append_json_numbers(outcome.values, line);
  line += fmt::format(",\"scale\":\"{}\",\"n_tokens\":{},\"truncated\":{}}}", result.scale,
                      outcome.n_tokens, outcome.n_dropped > 0);
  return line;
}

std::string classification_line(const TextItem& item, const engine::Outcome& outcome,
                                std::span<const std::string> labels) {
  std::string text = item.text_pair ? item.text + " | " + *item.text_pair : item.text;
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  if (!outcome.status.ok()) return "error\t\t" + text;
  const Classification result = classify_logits(outcome.values, labels);
  const float score = *std::max_element(result.scores.begin(), result.scores.end());
  return fmt::format("{}\t{:.4f}\t{}", result.label, score, text);
}

}  // namespace quern::cli
