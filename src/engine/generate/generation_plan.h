// A request for text, checked against its model.

#pragma once

#include <cstddef>
#include <vector>

#include "engine/generate/generation.h"
#include "engine/generate/generative_model.h"

namespace quern::engine {

/// Refuses a prompt of so many bytes that its tokens cannot be few enough, before it is made into
/// any. Errors: kBadInput.
Status check_length(const GenerativeModel& model, const GenerateRequest& request);

/// Memory that making tokens of the prompt takes meanwhile.
std::size_t tokenizing_bytes(const GenerateRequest& request);

/// The prompt as token ids: `ids` as they are; a text with its special tokens read as such (but
/// not in its plain stretches), and with the tokens that the model wants in front, unless the text
/// begins with them.
///
/// Errors: kBadInput naming what is out of range in `sampling`.
Result<std::vector<text::TokenId>> prompt_ids(const GenerativeModel& model,
                                              const GenerateRequest& request);

/// Errors: kBadInput naming what is out of range: max_tokens, a prompt longer than the context or
///   empty, ids outside the vocabulary.
Status check_prompt(const GenerativeModel& model, const GenerateRequest& request,
                    const std::vector<text::TokenId>& ids);

/// What a generation holds beside its keys and values. However much text is asked for, no more
/// tokens are held at once than the model has positions.
std::size_t generation_bytes(const GenerativeModel& model, const GenerateRequest& request,
                             std::size_t n_prompt);

}  // namespace quern::engine
