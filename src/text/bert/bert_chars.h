// The character classes and mappings of BERT's normaliser, exactly those of huggingface/tokenizers.
// Source: tables written by tools/make_bert_unicode.py; decomposition and lower case of older
// characters from utf8proc.

#pragma once

#include <array>

#include "base/utf8.h"

namespace quern::text {

/// clean_text removes it. White space is not among them.
bool is_bert_dropped(CodePoint code);

/// handle_chinese_chars puts spaces round it.
bool is_bert_cjk(CodePoint code);

/// The pre-tokenizer makes it a word of its own.
bool is_bert_punctuation(CodePoint code);

/// strip_accents removes it, once decomposed.
bool is_bert_stripped_mark(CodePoint code);

/// Canonical combining class; 0 for characters that keep their place.
int bert_combining_class(CodePoint code);

/// Too new for the reference's normal forms, which neither order nor decompose it.
bool is_new_to_forms(CodePoint code);

/// At most this many characters come of one.
constexpr int kMaxDecomposition = 4;
using Decomposition = std::array<CodePoint, kMaxDecomposition>;

/// Full canonical decomposition into `out`; returns how many characters.
int bert_decompose(CodePoint code, Decomposition& out);

/// Full lower case into `out`; returns how many characters (1 or 2).
int bert_lower(CodePoint code, std::array<CodePoint, 2>& out);

}  // namespace quern::text
