// In which sections an answer says what: by the parts of the papers that its quotes are from, or as
// a generator plans it.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/paper_answer.h"
#include "apps/papers/report_writer.h"
#include "base/status.h"

namespace quern::apps {

struct PlannedSection {
  std::string title;
  bool is_list = false;                  // Of things beside each other; else one text.
  std::vector<std::size_t> quotes = {};  // In PaperAnswer::quotes; one at least.
};

struct AnswerPlan {
  std::string title = {};  // Of the answer; "": the question's.
  std::vector<PlannedSection> sections = {};
  std::size_t n_invented = 0;  // Numbers of no quote.
};

/// In short, Background, Approaches, Results, Discussion: those that have quotes, the best first.
AnswerPlan plan_by_parts(const PaperAnswer& answer);

/// The question and the quotes, numbered from 1. Source: ai2-scholar-qa 0.8.14, the outline.
WriterPrompt plan_prompt(const PaperAnswer& answer, const AnswerProfile& profile);

/// Each quote is in one section: the first that names it, or a last one where none does. Sections
/// without a quote are left out, for there is nothing to say in them. Errors: kBadInput where the
/// reply is no such object, or no section of it has a quote.
Result<AnswerPlan> plan_of_reply(std::string_view reply, std::size_t n_quotes);

}  // namespace quern::apps
