// What commands that train predictors have in common: the reservoir's flags, the maps that are
// trained beside a predictor, and progress.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/dialogue/dialogue_source.h"
#include "apps/dialogue/turn_training.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "cli/progress.h"
#include "store/vector/space.h"

namespace CLI {
class App;
}

namespace quern::cli {

struct PredictorFlags {
  std::string reservoir = "tanh";  // --reservoir
  int n_units = 500;               // --units
  int n_turns = 0;                 // --turns; 0: 1 beside a reservoir, 3 without one.
  std::uint64_t seed = 1;          // --seed
};
void add_predictor_flags(CLI::App& command, PredictorFlags& flags);

/// The plain maps that it is measured beside, then the predictor itself. An interrupt ends each.
std::vector<apps::NamedTraining> trainings_of(const PredictorFlags& flags);

/// Progress of work in stages, each with a bar of its own.
class StageProgress {
 public:
  explicit StageProgress(bool quiet) : style_(progress_style(stderr, quiet)) {}
  void show(const std::string& stage, double share);
  void wipe() { progress_.reset(); }

 private:
  const ProgressStyle style_;
  std::string stage_;
  std::optional<Progress> progress_;
};

/// Trains them together and writes them to `path`, the last one as the predictor itself, which is
/// returned. Errors: as train_predictors and write_predictor_file.
Result<apps::TurnPredictor> train_to_file(const apps::DialogueSource& dialogues,
                                          const std::vector<apps::NamedTraining>& trainings,
                                          const store::VectorSpace& space, const std::string& path,
                                          ThreadPool& pool, StageProgress& progress);

}  // namespace quern::cli
