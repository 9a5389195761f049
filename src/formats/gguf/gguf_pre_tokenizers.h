// What the names of tokenizer.ggml.pre stand for.
// Source: llama.cpp, src/llama-vocab.cpp (names, regexes, flags); the models' tokenizer.json.

#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

struct GgufPreTokenizer {
  /// What the vocabulary's pieces are written in.
  enum class Writing {
    kBytes,         // GPT-2's byte characters.
    kMarkedSpaces,  // Plain UTF-8 with U+2581 for spaces, and "<0x0A>" for bytes (Gemma).
    kWords,         // Plain UTF-8; no piece has white space.
  };
  std::vector<text::PreTokenizer> components;
  Writing writing = Writing::kBytes;
  bool composes = false;  // NFC first, as the models' tokenizer.json says.
  bool adds_bos = false;
  bool forces_bos = false;  // Even where the file says no.
  bool adds_sep = false;    // Pairs have a second end token between the texts.
  bool whole_words = false;
};

/// Errors: kUnsupported naming those that are known.
Result<GgufPreTokenizer> gguf_pre_tokenizer(std::string_view name);

}  // namespace quern::formats
