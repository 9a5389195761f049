// Logits made readable: scores on a named scale, by label.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/scoring/zero_shot.h"
#include "engine/texts/text_reader.h"

namespace quern::cli {

/// What became of one text or pair.
struct Classification {
  Status status;
  std::string text;  // In one line; of a pair both, with " | " between.
  std::span<const std::string> labels;
  std::vector<float> scores;  // By label.
  std::size_t best = 0;       // Of the labels.
  engine::Scale scale = engine::Scale::kRaw;
  std::vector<float> logits;  // By label; none where labels are not the model's own.
  int n_tokens = 0;
  int n_dropped = 0;
};

/// By the model's own labels, which are borrowed.
Classification classify(const engine::TextItem& item, const engine::Outcome& outcome,
                        const engine::ModelInfo& model);

/// By labels of one's own, which are borrowed. `outcomes`: of the hypotheses, in order. A text
/// of which one fails fails.
Classification classify_zero_shot(const engine::TextItem& item,
                                  std::span<const engine::Outcome> outcomes,
                                  const engine::ZeroShot& asked,
                                  const engine::EntailmentLabels& labels);

/// {"index":0,"label":"...","scores":{"...":0.9},"logits":[...],"scale":"softmax","n_tokens":9,
/// "truncated":false}, or {"index":0,"error":{...}}.
std::string classification_json(long index, const Classification& result);

/// "label<TAB>score<TAB>scale<TAB>text", or "error<TAB><TAB><TAB>text".
std::string classification_line(const Classification& result);

}  // namespace quern::cli
