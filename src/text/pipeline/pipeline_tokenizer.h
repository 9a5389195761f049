// Any tokenizer, component by component: what known_pipelines.h does not know.
// Source: huggingface/tokenizers, tokenizer/mod.rs (the order of work).

#pragma once

#include <memory>

#include "text/tokenizer.h"

namespace quern::text {

/// Errors: kUnsupported naming the component or regex; kBadInput if vocabulary and rules contradict
///   each other.
Result<std::unique_ptr<Tokenizer>> make_pipeline_tokenizer(const TokenizerSpec& spec);

}  // namespace quern::text
