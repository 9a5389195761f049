// The parts of tokenizer.json, each read into the TokenizerSpec: tokenizer_json.cpp calls them in
// this order. Errors everywhere: kBadInput (what is wrong with which field), kUnsupported (kinds
// that are not known, by name).

#pragma once

#include <functional>
#include <string_view>

#include "base/status.h"
#include "formats/fast_json.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

/// "model": WordPiece, BPE, Unigram or WordLevel, its vocabulary and merges.
Status read_tokenizer_model(Json root, text::TokenizerSpec& spec);

/// "added_tokens"; they may extend the vocabulary.
Status read_added_tokens(Json root, text::TokenizerSpec& spec);

/// "normalizer", "pre_tokenizer" and "decoder": Sequences become the lists of the spec.
Status read_normalizers(Json root, text::TokenizerSpec& spec);
Status read_pre_tokenizers(Json root, text::TokenizerSpec& spec);
Status read_decoders(Json root, text::TokenizerSpec& spec);

/// "post_processor": the templates for one text and for two.
Status read_post_processor(Json root, text::TokenizerSpec& spec);

/// Calls `read(type, part)` for each part of component `name`, in order: those of a Sequence, whose
/// field is `list` ("normalizers"), and of the Sequences in it, or the one that it is. None for
/// null. Errors say which part: "normalizer: Replace 2: ...".
Status read_parts(Json root, const char* name, const char* list,
                  const std::function<Status(std::string_view type, Json part)>& read);

/// {"String": "..."} or {"Regex": "..."}: the "pattern" of Replace and Split.
Result<text::Pattern> read_pattern(Json part);

/// Puts `content` at its id in the vocabulary. `n_listed`: how many tokens the file lists.
Status place_token(text::TokenId id, std::string_view content, std::size_t n_listed,
                   text::TokenizerSpec& spec);

/// Ids are below this.
inline constexpr text::TokenId kMaxTokenId = 1 << 24;

/// kUnsupported: "normalizer 'X', want BertNormalizer".
Status unknown_component(const char* what, std::string_view got, std::string_view want);

}  // namespace quern::formats
