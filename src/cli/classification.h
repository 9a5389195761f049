// Logits made readable: scores on a named scale, by label.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/texts/text_reader.h"

namespace quern::cli {

struct Classification {
  std::string label;          // The best one.
  std::vector<float> scores;  // By label, on the model's scale.
};

/// Shapes: logits [n_labels], n_labels >= 1.
Classification classify_logits(std::span<const float> logits, const engine::ModelInfo& model);

/// {"index":0,"label":"...","scores":{"...":0.9},"logits":[...],"scale":"softmax","n_tokens":9,
/// "truncated":false}, or {"index":0,"error":{...}}.
std::string classification_json(long index, const engine::Outcome& outcome,
                                const engine::ModelInfo& model);

/// "label<TAB>score<TAB>scale<TAB>text", or "error<TAB><TAB><TAB>text".
std::string classification_line(const engine::TextItem& item, const engine::Outcome& outcome,
                                const engine::ModelInfo& model);

}  // namespace quern::cli
