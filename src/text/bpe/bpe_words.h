// Splits text into the words inside which byte-level BPE merges. Hand-written equals of the
// regexes, linear in the length of the text.
//
// kGpt2:   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// kLlama3: (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
//          ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
// kQwen2:  kLlama3 with \p{N} for \p{N}{1,3}
// kSmolLm: each \p{N} alone, kGpt2 between them
// Source: the tokenizer.json files of these models; bpe_words_test.cpp and tools/
// make_bpe_golden.py hold them against huggingface/tokenizers.

#pragma once

#include <string_view>

#include "text/tokenizer_spec.h"

namespace quern::text {

enum class BpeWords { kGpt2, kLlama3, kQwen2, kSmolLm };

/// The pre-tokenizer that cuts by the rules of kLlama3 or kQwen2, as their files spell it.
pre_tokenizers::Split words_split(BpeWords rules);

/// Takes the next word off the front of well-formed, non-empty `rest`.
std::string_view next_bpe_word(BpeWords rules, std::string_view& rest);

}  // namespace quern::text
