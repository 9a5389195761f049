// What the names of tokenizer.ggml.pre stand for.
// Source: llama.cpp, src/llama-vocab.cpp (names, regexes, flags); the models' tokenizer.json.

#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

struct GgufPreTokenizer {
  std::vector<text::PreTokenizer> components;
  bool composes = false;  // NFC first, as the models' tokenizer.json says.
  bool adds_bos = false;
  bool adds_sep = false;  // Pairs have a second end token between the texts.
  bool whole_words = false;
};

/// Errors: kUnsupported naming those that are known.
Result<GgufPreTokenizer> gguf_pre_tokenizer(std::string_view name);

}  // namespace quern::formats
