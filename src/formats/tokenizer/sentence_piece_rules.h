// How SentencePiece prepares a text, as the components of a pipeline: what its own files and GGUF
// say of it in different words.
// Source: google/sentencepiece, normalizer.cc.

#pragma once

#include <string>

#include "text/tokenizer_spec.h"

namespace quern::formats {

struct SentencePieceRules {
  std::string charsmap;       // Precompiled, "" for none.
  bool joins_spaces = false;  // Runs of spaces become one, those at the ends none.
  bool adds_prefix = false;   // A space before the text.
};

/// Adds the normalizers, and cuts at words where no piece spans two, which bounds the work of each.
/// The vocabulary is there.
void apply_sentence_piece_rules(SentencePieceRules rules, text::TokenizerSpec& spec);

}  // namespace quern::formats
