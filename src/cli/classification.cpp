#include "cli/classification.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "cli/json_line.h"
#include "engine/scoring/scores.h"

namespace quern::cli {
namespace {

Classification of_text(const engine::TextItem& item) {
  Classification result;
  result.text = in_one_line(item.text_pair ? item.text + " | " + *item.text_pair : item.text);
  return result;
}

}  // namespace

Classification classify(const engine::TextItem& item, const engine::Outcome& outcome,
                        const engine::ModelInfo& model) {
  Classification result = of_text(item);
  result.status = outcome.status;
  if (!outcome.status.ok()) return result;
  QUERN_CHECK(!outcome.values.empty() && outcome.values.size() == model.labels.size());
  result.labels = model.labels;
  result.logits = outcome.values;
  result.scores = engine::scores_of(outcome.values, model.scale);
  result.best = engine::best_first(outcome.values)[0];
  result.scale = model.scale;
  result.n_tokens = outcome.n_tokens;
  result.n_dropped = outcome.n_dropped;
  return result;
}

Classification classify_zero_shot(const engine::TextItem& item,
                                  std::span<const engine::Outcome> outcomes,
                                  const engine::ZeroShot& asked,
                                  const engine::EntailmentLabels& labels) {
  Classification result = of_text(item);
  std::vector<std::vector<float>> logits;
  for (const engine::Outcome& outcome : outcomes) {
    if (!outcome.status.ok() && result.status.ok()) result.status = outcome.status;
    logits.push_back(outcome.values);
    result.n_tokens += outcome.n_tokens;
    result.n_dropped = std::max(result.n_dropped, outcome.n_dropped);
  }
  if (!result.status.ok()) return result;
  result.labels = asked.labels;
  result.scores = engine::zero_shot_scores(asked, labels, logits);
  result.best = engine::best_first(result.scores)[0];
  result.scale = engine::Scale::kSoftmax;
  return result;
}

std::string classification_json(long index, const Classification& result) {
  std::string line = fmt::format("{{\"index\":{}", index);
  if (!result.status.ok()) {
    append_json_error(result.status, line);
    return line + "}";
  }
  line += ",\"label\":";
  append_json_string(result.labels[result.best], line);
  line += ",\"scores\":{";
  for (std::size_t i = 0; i < result.labels.size(); ++i) {
    if (i > 0) line += ',';
    append_json_string(result.labels[i], line);
    line += ':';
    append_json_number(result.scores[i], line);
  }
  line += '}';
  if (!result.logits.empty()) {
    line += ",\"logits\":";
    append_json_numbers(result.logits, line);
  }
  line += fmt::format(",\"scale\":\"{}\",\"n_tokens\":{},\"truncated\":{}}}",
                      engine::scale_name(result.scale), result.n_tokens, result.n_dropped > 0);
  return line;
}

std::string classification_line(const Classification& result) {
  if (!result.status.ok()) return "error\t\t\t" + result.text;
  return fmt::format("{}\t{:.4f}\t{}\t{}", result.labels[result.best], result.scores[result.best],
                     engine::scale_name(result.scale), result.text);
}

}  // namespace quern::cli
