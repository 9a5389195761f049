// What a split makes of matches: which stretches of a text become pieces.
// Source: huggingface/tokenizers, NormalizedString::split.

#pragma once

#include <cstddef>
#include <vector>

#include "text/tokenizer_spec.h"

namespace quern::text {

/// A stretch of a text, a match or what lies between two.
struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool is_match = false;
};

/// Turns `stretches`, which cover a text in order, into the pieces that `behavior` makes of them.
/// Some may be empty.
void apply_behavior(pre_tokenizers::Behavior behavior, std::vector<Stretch>& stretches);

}  // namespace quern::text
