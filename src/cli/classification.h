// Logits made readable: scores on a named scale, by label.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/text_reader.h"
#include "engine/engine.h"

namespace quern::cli {

struct Classification {
  std::string label;          // The best one.
  const char* scale = "";     // "softmax": scores sum to 1; "sigmoid": a single score of its own.
  std::vector<float> scores;  // By label.
};

/// Softmax over two or more logits, sigmoid of a single one.
/// Shapes: logits [n_labels], n_labels >= 1.
Classification classify_logits(std::span<const float> logits, std::span<const std::string> labels);

/// {"index":0,"label":"...","scores":{"...":0.9},"logits":[...],"scale":"softmax","n_tokens":9,
/// "truncated":false}, or {"index":0,"error":{...}}.
std::string classification_json(long index, const engine::Outcome& outcome,
                                std::span<const std::string> labels);

/// "label<TAB>score<TAB>text", or "error<TAB><TAB>text".
std::string classification_line(const TextItem& item, const engine::Outcome& outcome,
                                std::span<const std::string> labels);

}  // namespace quern::cli
