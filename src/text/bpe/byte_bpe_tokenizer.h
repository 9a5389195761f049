// Byte-level BPE, as GPT-2, Llama 3, Qwen2 and SmolLM use it.
// Source: Radford et al. 2019; huggingface/tokenizers, ByteLevel and BPE.

#pragma once

#include <memory>

#include "text/bpe/bpe_words.h"
#include "text/tokenizer.h"

namespace quern::text {

/// The vocabulary and merges hold GPT-2's byte characters, as the files do: "\u0120the".
struct ByteLevelRules {
  BpeWords words = BpeWords::kGpt2;
  bool nfc = false;          // Qwen2: canonical composition first.
  bool whole_words = false;  // Llama 3's ignore_merges: a word that is a token needs no merges.
  bool add_prefix_space = false;  // " " before text that does not start with one.
};

/// Errors: kBadInput if a merge needs a piece that the vocabulary lacks.
Result<std::unique_ptr<Tokenizer>> make_byte_bpe_tokenizer(const TokenizerSpec& spec,
                                                           const ByteLevelRules& rules);

}  // namespace quern::text
