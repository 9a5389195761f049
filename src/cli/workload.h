// The work that `quern profile` and `quern tune` measure: texts, pairs or answers through a whole
// engine, the same lengths each time and never the same texts; and comparisons of two settings.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "engine/engine.h"

namespace quern::cli {

enum class Service { kEmbed, kNli, kGenerate };

/// Errors: kBadInput for anything but "embedding", "nli", "generate".
Result<Service> parse_service(const std::string& name);
const char* service_name(Service service);
const char* unit_of(Service service);  // "texts", "pairs", "tokens".

/// The service of a model that none is named for.
Service service_of(const engine::ModelInfo& model);

struct Workload {
  std::string model;
  Service service = Service::kEmbed;
  int n_samples = 100;
  int n_answer_tokens = 32;  // kGenerate.
  int max_words = 1 << 20;   // Of a text.
};

/// Of a model, with texts that it has room for.
Workload workload_of(const engine::ModelInfo& model, std::string name, Service service,
                     int n_samples);

struct WorkloadRun {
  double seconds = 0;
  long n_units = 0;
  long n_tokens = 0;  // That the model saw or made.
  std::vector<double> queue_ms;
  double rate() const { return static_cast<double>(n_units) / seconds; }
};

/// All samples at once. Errors: of the engine, as the first that failed.
Result<WorkloadRun> run_at_once(engine::Engine& engine, const Workload& work, std::uint64_t seed);

/// One after the other, `n` of them; the milliseconds of each.
Result<std::vector<double>> run_singly(engine::Engine& engine, const Workload& work, int n,
                                       std::uint64_t seed);

/// How much faster b is than a, by pairs that take turns.
struct Comparison {
  double ratio = 1;   // The median of b's rate over a's.
  double noise = 0;   // Half the width between the quartiles of the ratios.
  double rate_a = 0;  // The medians.
  double rate_b = 0;
  int n_pairs = 0;
  int n_won = 0;  // Pairs in which b was faster.

  /// Beyond what chance does: by more than the noise, and in four pairs of five.
  bool is_better() const;
};

/// Errors: as Engine::make and run_at_once.
Result<Comparison> compare(const engine::EngineOptions& a, const engine::EngineOptions& b,
                           const Workload& work, int n_pairs);

}  // namespace quern::cli
