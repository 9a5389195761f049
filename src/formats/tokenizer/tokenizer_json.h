// tokenizer.json of huggingface/tokenizers -> TokenizerSpec.
// Source: huggingface/tokenizers, the serde forms of its normalizers, pre_tokenizers, processors
// and models modules.

#pragma once

#include <string_view>

#include "base/status.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

/// Errors: kBadInput (what is wrong with which field); kUnsupported naming the normalizer,
/// pre-tokenizer, post-processor or model that is not known.
Result<text::TokenizerSpec> parse_tokenizer_json(std::string_view json);

}  // namespace quern::formats
