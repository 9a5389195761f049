// A section of an answer, written by a generator from numbered quotes and held to them.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/answer_plan.h"
#include "apps/papers/paper_answer.h"

namespace quern::apps {

/// What a model is asked for one section: the question, the section's name, what was written so
/// far, and the quotes, numbered from 1. Quotes are data: what looks like a number or an end of
/// theirs in them is made harmless.
WriterPrompt section_prompt(const PaperAnswer& answer, const AnswerProfile& profile,
                            const PlannedSection& section);

/// A sentence as it was written.
struct WrittenSentence {
  std::string text;                       // Without its numbers.
  std::vector<std::size_t> numbers = {};  // Those that there are, from 0, each once.
  std::size_t n_invented = 0;             // Numbers of no quote.
};

/// Sentences of a reply, with the numbers behind or in them ("[1][3]", "[1, 3]"). What a model
/// thinks (<think>...</think>), headings and list marks are left out.
std::vector<WrittenSentence> sentences_of_reply(std::string_view reply, std::size_t n_quotes);

}  // namespace quern::apps
