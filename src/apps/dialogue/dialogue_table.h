// A predictor beside what it has to beat: the same questions to all.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/dialogue/dialogue_evaluation.h"
#include "apps/dialogue/predictor_file.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace quern::apps {

struct TableRow {
  ChoiceMetrics choices;
  std::optional<ConfidenceMetrics> confidence = {};  // Of trained predictors.
};

struct TableAsk {
  int n_candidates = 10;  // 2 to 1,000
  std::uint64_t seed = 7;
};

/// Random, BM25, last turn, mean of the turns so far, then the file's predictors, its own last.
/// Errors: kBadInput for the number, or where no turn follows another; those of the file.
Result<std::vector<TableRow>> dialogue_table(PredictorFile& file,
                                             std::span<const DialogueVectors> dialogues,
                                             const TableAsk& ask, ThreadPool& pool);

/// {"name","n","recall_1",...,"mrr","margin","mrr_margin"} and, where it is known, "ece",
/// "accuracy", "accuracy_80".
std::string json_from_row(const TableRow& row);

/// A row as json_from_row writes it, of another program. Errors: kBadInput naming the field.
Result<TableRow> row_from_json(std::string_view json);

}  // namespace quern::apps
