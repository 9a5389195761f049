// What `quern profile` found: stages, hot operations, memory, and what would help. Text for people,
// JSON for programs, a flame graph.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/profiler.h"
#include "cli/flame_graph.h"
#include "cli/workload.h"

namespace quern::cli {

/// One stage: how often, how long, in all.
struct StageRow {
  std::string name;
  long count = 0;
  double mean_ms = 0, p50_ms = 0, p95_ms = 0, p99_ms = 0, min_ms = 0, max_ms = 0;
  double total_s = 0;  // Of all threads together: a thread's second is 1 / n_threads.
};

/// A stage whose arithmetic is known.
struct HotOperation {
  std::string name;
  double seconds = 0;        // As StageRow::total_s.
  double gops = 0;           // That it reached,
  double gbps = 0;           // and the weights it read a second.
  double share_of_peak = 0;  // Of arithmetic or of reading, whichever is nearer.
  bool is_bound_by_reading = false;
};

struct Advice {
  std::string what;    // "use 2 threads (--threads 2)".
  std::string number;  // That it follows from.
  double gain = 1;     // The rate with it over the rate without.
};

struct MemorySample {
  double at_s = 0;
  std::map<std::string, std::size_t> tenants = {};
  std::size_t resident_bytes = 0;
};

struct ProfileReport {
  std::string model, precision, isa;
  Service service = Service::kEmbed;
  int n_threads = 1;
  int n_samples = 0;
  double load_s = 0;
  WorkloadRun at_once;
  std::vector<double> single_ms;
  std::vector<StageRecord> records;
  long n_lost = 0;
  double peak_gops = 0, read_gbps = 0;
  std::vector<MemorySample> memory;
  std::vector<Advice> advice;
};

std::vector<StageRow> stage_rows(const ProfileReport& report);
std::vector<HotOperation> hot_operations(const ProfileReport& report);

/// What takes the most time that it should not: a stage at what it takes beyond the best share of
/// the peak that any reaches, loading at what it takes beyond all passes, other stages at all.
struct Bottleneck {
  std::string name;
  double seconds = 0;
};
std::vector<Bottleneck> bottlenecks(const ProfileReport& report);

FlameNode flame_of(const ProfileReport& report);
std::string profile_text(const ProfileReport& report);
std::string profile_json(const ProfileReport& report);
std::string memory_svg(const ProfileReport& report);

}  // namespace quern::cli
