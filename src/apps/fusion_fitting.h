// How the two sides of a store go together, learnt from judgements of its own documents, and kept
// with it.

#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/json_document.h"
#include "apps/retriever.h"
#include "base/status.h"
#include "store/catalog/fit_row.h"
#include "store/catalog/generation.h"
#include "store/rank/fusion_fit.h"

namespace quern::apps {

/// Gains of documents by question, both by id.
using Judgements = std::map<std::string, std::map<std::string, int>>;

/// Lines of "question document gain" or TREC's "question 0 document gain", parted by tabs or
/// blanks; a first line whose gain is no number is a heading. Errors: kBadInput naming the line;
/// kIo.
Result<Judgements> read_judgements(std::istream& in);

/// Learns from the questions that are judged; the others are passed over. `window` of each side.
/// Errors: as Retriever::candidates and fit_fusion; kCancelled where `is_stopped` says so.
Result<store::FusionFit> fit_questions(Retriever& retriever, const store::Snapshot& snapshot,
                                       const std::vector<QueryLine>& questions,
                                       const Judgements& judgements, std::uint32_t window,
                                       const std::function<bool()>& is_stopped);

/// To be kept with the store whose active space it was learnt with.
store::FitRow row_of_fit(const store::FusionFit& fit, const store::Generation& generation);

/// What was learnt for a store.
struct LearntFusion {
  std::optional<store::FusionChoice> choice = {};
  std::string why_not = {};  // It was learnt, and is not for the vectors that are searched now.
};

/// Errors: kBadInput where it is damaged.
Result<LearntFusion> learnt_fusion(const store::Generation& generation);

}  // namespace quern::apps
