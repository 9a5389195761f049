// The papers and passages that an answer is made of: found, reranked, gathered by paper.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/papers/paper_answer.h"
#include "base/status.h"

namespace quern::apps {

/// A paper with the passages of it that are nearest to the question, the best first.
struct GatheredPaper {
  std::int64_t corpus_id = 0;
  double score = 0;  // 0 to 1.
  std::vector<PaperSnippet> passages = {};
};

/// The best first, profile.n_sources at most, none below the threshold but the very best. Adds the
/// stages "retrieve", "rerank" where there is a model, and "aggregate". Errors: as
/// PaperLibrary::search and apps::rerank.
Result<std::vector<GatheredPaper>> gather_papers(const AnswerParts& parts, const AnswerAsk& ask,
                                                 PaperAnswer& answer);

/// "Brants, 2000", "Vaswani & Shazeer, 2017", "Doe et al._1, 2024": [papers], no two the same.
std::vector<std::string> references_of(const std::vector<KnownPaper>& papers);

}  // namespace quern::apps
