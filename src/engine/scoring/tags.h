// Labels of tokens, and of the stretches of text that they make up.
// Source: huggingface/transformers, pipelines/token_classification.py, aggregation "none" and
// "simple".

#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace quern::engine {

struct Tag {
  std::string label;
  float score = 0;  // A softmax over the labels; of a stretch the mean of its tokens.
  ByteSpan bytes;   // Of the text.
};

/// The best label of every token, those labelled "O" too.
std::vector<Tag> token_tags(std::span<const std::string> labels, const Outcome& outcome);

/// Neighbours of one label without its "B-" or "I-", of which none but the first begins with "B-";
/// without "O".
std::vector<Tag> joined_tags(std::span<const Tag> tokens);

}  // namespace quern::engine
