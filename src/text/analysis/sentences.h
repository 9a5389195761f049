// Sentences of a text as stretches of it, by rules for scientific and news prose in English, and
// for what ends with a stop of its own (Chinese, Japanese, Hindi, Arabic). How well:
// docs/claims_corpora.md.

#pragma once

#include <string_view>

#include "base/byte_spans.h"

namespace quern::text {

/// A longer piece without an end is cut, between words where it has some.
inline constexpr std::size_t kMaxSentenceBytes = 2000;

/// Ascending, none empty, none with a blank at its ends; what lies between them is blank, so no
/// character is lost and none is cut. Ill-formed bytes count as characters. Cost: linear.
ByteSpans sentences_of(std::string_view utf8);

}  // namespace quern::text
