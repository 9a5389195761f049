// What a generator makes of a question: what is looked for, in the words of papers, and filters.

#pragma once

#include <string_view>

#include "apps/papers/answer_profile.h"
#include "apps/papers/question_parts.h"
#include "apps/papers/report_writer.h"
#include "base/status.h"

namespace quern::apps {

/// Source: ai2-scholar-qa 0.8.14, the decomposition of a query, whose fields it has.
WriterPrompt question_prompt(const QuestionParts& question, const AnswerProfile& profile,
                             int this_year);

/// `by_rule` with what the reply says beside it: a filter that a rule found stays. Years that
/// cannot be, and fields of study that the API does not have, are left out. Errors: kBadInput where
/// it is no such object, or names nothing to look for.
Result<QuestionParts> question_of_reply(std::string_view reply, const QuestionParts& by_rule,
                                        int this_year);

}  // namespace quern::apps
