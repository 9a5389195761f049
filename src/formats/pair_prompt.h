// The text round a pair that a generating model judges by its next token.
// Source: the model card of Qwen3-Reranker; llama.cpp, convert_hf_to_gguf.py ("rerank").

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::formats {

/// "head QUERY between DOCUMENT suffix". A text that is too long loses the end of all that is
/// before the suffix, behind which the answer is read.
struct PairPrompt {
  std::string head;
  std::string between;
  std::string suffix;
  std::string instruction;  // A part of the head, which a request may put another in place of.
};

/// Qwen3-Reranker's own.
PairPrompt qwen3_pair_prompt();

/// A template with "{query}" and "{document}". Errors: kUnsupported for another form.
Result<PairPrompt> parse_pair_prompt(std::string_view text);

/// The head with another instruction; "": its own. Errors: kBadInput where it has none.
Result<std::string> head_with(const PairPrompt& prompt, const std::string& instruction);

}  // namespace quern::formats
