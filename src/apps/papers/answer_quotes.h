// The sentences of papers that answer a question best.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/answer_sources.h"
#include "apps/papers/paper_answer.h"
#include "base/status.h"

namespace quern::apps {

/// A sentence that could be said: whole, of a readable length, about something. Not a caption, a
/// formula, a reference, or what the text extraction left.
bool is_quotable(std::string_view sentence);

/// Which part of a paper a section is, by its heading.
enum class PaperPart { kAbstract, kBackground, kApproach, kResults, kDiscussion };
PaperPart part_of_paper(SnippetKind kind, std::string_view heading);

struct ChosenQuotes {
  std::vector<AnswerQuote> quotes = {};
  std::string said = {};       // For people: "chose 14 of 310 sentences".
  std::string why_empty = {};  // Where no sentence is about the question.
};

/// At most three of each paper, none that says what another does, none that is far worse than the
/// best; before a second one of a paper one of each. The best first. i_source is the place in
/// `papers`. None where not even the best sentence has anything to do with the question: something
/// is always nearest. Errors: as PaperLibrary::vectors_of.
Result<ChosenQuotes> choose_quotes(const AnswerParts& parts, std::string_view search,
                                   const std::vector<GatheredPaper>& papers);

}  // namespace quern::apps
