// What a generator says is worth quoting, found again in the paper: nothing is a quote that does
// not stand there.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "apps/papers/answer_profile.h"
#include "apps/papers/answer_sources.h"
#include "apps/papers/paper_answer.h"
#include "apps/papers/report_writer.h"

namespace quern::apps {

/// A paper's passages, in the order in which it has them. Source: ai2-scholar-qa 0.8.14, the quotes
/// of a paper.
WriterPrompt quote_prompt(std::string_view question, std::string_view title,
                          const GatheredPaper& paper, const AnswerProfile& profile);

struct FoundQuotes {
  std::vector<AnswerQuote> quotes = {};  // i_source is not set.
  std::size_t n_lost = 0;                // That stand nowhere in the passages.
};

/// A reply is {"quote": "exact words ... more of them"}, or these words alone; "None" says nothing.
/// Each piece becomes the whole sentences that it is of, by its bytes, else by its letters and
/// digits alone, else by its words where three of four are a sentence's. At most four.
FoundQuotes quotes_of_reply(std::string_view reply, const GatheredPaper& paper);

}  // namespace quern::apps
