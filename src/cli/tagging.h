// Labels of tokens made readable.

#pragma once

#include <span>
#include <string>

#include "engine/engine.h"
#include "engine/texts/text_reader.h"

namespace quern::cli {

/// {"index":0,"spans":[{"label":"PER","score":0.99,"begin":0,"end":5,"text":"Alice"}],
/// "tokens":[{"label":"B-PER",...},...],"scale":"softmax","n_tokens":7,"truncated":false}, or
/// {"index":0,"error":{...}}. Bytes are counted from 0.
std::string tags_json(long index, const engine::TextItem& item, const engine::Outcome& outcome,
                      std::span<const std::string> labels);

/// A line for each stretch: "label<TAB>score<TAB>scale<TAB>begin<TAB>end<TAB>text".
std::string tags_lines(const engine::TextItem& item, const engine::Outcome& outcome,
                       std::span<const std::string> labels);

}  // namespace quern::cli
