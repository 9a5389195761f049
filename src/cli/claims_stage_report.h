// Where the time of verified claims goes, step by step, and whether each keeps to its target: the
// end-to-end report of TruthGraph's write-up (its section 4), with targets sixty times as strict.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/claims/verify_claim.h"

namespace quern::cli {

/// Of the whole way. Those of its steps are the write-up's shares of a minute, of this.
inline constexpr double kClaimTargetMs = 1000;

struct ClaimStageRow {
  std::string name;
  double average_ms = 0;
  double median_ms = 0;
  double p95_ms = 0;
  double share = 0;      // Of the average total, 0 to 1.
  double target_ms = 0;  // Of the average; 0: none.
  bool is_kept = true;   // Its target.
};

struct StageReport {
  std::vector<ClaimStageRow> rows;  // Embedding, Retrieval, NLI, Aggregation, Database, Overhead.
  ClaimStageRow total;
  bool is_kept = true;  // All targets.
};

/// Of at least one claim. What is in no step of a claim's total is overhead.
StageReport stage_report(std::span<const apps::ClaimTimings> times);

std::string stage_table(const StageReport& report);

/// An object with a row's numbers by its name, in small letters.
std::string stage_json(const StageReport& report);

}  // namespace quern::cli
