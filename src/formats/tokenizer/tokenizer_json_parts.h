// The parts of tokenizer.json, each read into the TokenizerSpec: tokenizer_json.cpp calls them in
// this order. Errors everywhere: kBadInput (what is wrong with which field), kUnsupported (kinds
// that are not known, by name).

#pragma once

#include <string_view>

#include "base/status.h"
#include "formats/fast_json.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

/// "model": WordPiece or BPE, its vocabulary and merges. A BPE model is taken for byte-level until
/// the rules say otherwise.
Status read_tokenizer_model(Json root, text::TokenizerSpec& spec);

/// "added_tokens"; they may extend the vocabulary.
Status read_added_tokens(Json root, text::TokenizerSpec& spec);

/// "normalizer" and "pre_tokenizer", in the combinations that published models have.
Status read_tokenizer_rules(Json root, text::TokenizerSpec& spec);

/// "post_processor": the templates for one text and for two.
Status read_post_processor(Json root, text::TokenizerSpec& spec);

/// The "type" of a component: "null" when there is none.
Result<std::string_view> component_type(Json root, const char* component);

/// kUnsupported: "normalizer 'NFKC', want BertNormalizer".
Status unknown_component(const char* what, std::string_view got, std::string_view want);

}  // namespace quern::formats
