#include "cli/claims_stage_report.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <numeric>

#include <fmt/format.h>

#include "base/check.h"
#include "cli/bench_report.h"

namespace quern::cli {
namespace {

using apps::ClaimTimings;

/// A step, and its seconds in the write-up's minute.
struct Stage {
  const char* name;
  std::function<double(const ClaimTimings&)> ms;
  double seconds_of_60;
};

double overhead_ms(const ClaimTimings& t) {
  const double steps = t.embed_ms + t.retrieve_ms + t.nli_ms + t.aggregate_ms + t.database_ms;
  return std::max(0.0, t.total_ms - steps);
}

const Stage kStages[] = {
    {"Embedding", [](const ClaimTimings& t) { return t.embed_ms; }, 1},
    {"Retrieval", [](const ClaimTimings& t) { return t.retrieve_ms; }, 3},
    {"NLI", [](const ClaimTimings& t) { return t.nli_ms; }, 40},
    {"Aggregation", [](const ClaimTimings& t) { return t.aggregate_ms; }, 1},
    {"Database", [](const ClaimTimings& t) { return t.database_ms; }, 5},
    {"Overhead", overhead_ms, 0},
};

ClaimStageRow row_of(const std::string& name, std::vector<double> ms, double target_ms) {
  ClaimStageRow row = {.name = name, .target_ms = target_ms};
  row.average_ms = std::accumulate(ms.begin(), ms.end(), 0.0) / static_cast<double>(ms.size());
  row.median_ms = quantile(ms, 0.5);
  row.p95_ms = quantile(std::move(ms), 0.95);
  row.is_kept = target_ms == 0 || row.average_ms <= target_ms;
  return row;
}

std::string line_of(const ClaimStageRow& row) {
  std::string line = fmt::format("  {:<12} {:>10.3f} {:>10.3f} {:>10.3f} {:>6.1f} %", row.name,
                                 row.average_ms, row.median_ms, row.p95_ms, 100 * row.share);
  if (row.target_ms > 0) {
    line += fmt::format(" {:>9.1f}  {}", row.target_ms, row.is_kept ? "PASS" : "FAIL");
  }
  return line + "\n";
}

std::string json_of(const ClaimStageRow& row) {
  std::string name = row.name;
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  std::string out = fmt::format(R"("{}":{{"average_ms":{},"median_ms":{},"p95_ms":{},"share":{})",
                                name, row.average_ms, row.median_ms, row.p95_ms, row.share);
  if (row.target_ms > 0) {
    out += fmt::format(R"(,"target_ms":{},"pass":{})", row.target_ms, row.is_kept);
  }
  return out + "}";
}

}  // namespace

StageReport stage_report(std::span<const ClaimTimings> times) {
  QUERN_CHECK(!times.empty());
  StageReport out;
  const auto of_all = [&times](const std::function<double(const ClaimTimings&)>& ms) {
    std::vector<double> all;
    for (const ClaimTimings& t : times) all.push_back(ms(t));
    return all;
  };
  out.total =
      row_of("Total", of_all([](const ClaimTimings& t) { return t.total_ms; }), kClaimTargetMs);
  out.total.share = 1;
  out.is_kept = out.total.is_kept;
  for (const Stage& stage : kStages) {
    ClaimStageRow row =
        row_of(stage.name, of_all(stage.ms), kClaimTargetMs * stage.seconds_of_60 / 60);
    row.share = out.total.average_ms > 0 ? row.average_ms / out.total.average_ms : 0;
    out.is_kept = out.is_kept && row.is_kept;
    out.rows.push_back(std::move(row));
  }
  return out;
}

std::string stage_table(const StageReport& report) {
  std::string out = fmt::format("  {:<12} {:>10} {:>10} {:>10} {:>8} {:>9}\n", "ms a claim",
                                "average", "median", "p95", "share", "target");
  for (const ClaimStageRow& row : report.rows) out += line_of(row);
  out += line_of(report.total);
  return out + (report.is_kept ? "OVERALL: PASS, all targets are met\n"
                               : "OVERALL: FAIL, not all targets are met\n");
}

std::string stage_json(const StageReport& report) {
  std::string out = "{";
  for (const ClaimStageRow& row : report.rows) out += json_of(row) + ",";
  return out + json_of(report.total) + fmt::format(R"(,"pass":{}}})", report.is_kept);
}

}  // namespace quern::cli
