#include "cli/dialogue_training.h"

#include <utility>

#include <CLI/CLI.hpp>

#include "apps/dialogue/predictor_file.h"
#include "apps/dialogue/write_predictor.h"
#include "cli/dialogue_flags.h"
#include "cli/interrupt.h"

namespace quern::cli {
namespace {

apps::ContextSpec context_of(const PredictorFlags& flags) {
  apps::ContextSpec out;
  const bool has_reservoir = flags.reservoir != "none";
  out.n_turns = flags.n_turns > 0 ? flags.n_turns : has_reservoir ? 1 : 3;
  if (!has_reservoir) return out;
  const bool is_spiking = flags.reservoir == "lif";
  out.reservoir = is_spiking ? apps::liquid_spec(flags.n_units, flags.seed)
                             : apps::echo_state_spec(flags.n_units, flags.seed);
  return out;
}

}  // namespace

void add_predictor_flags(CLI::App& command, PredictorFlags& flags) {
  command
      .add_option("--reservoir", flags.reservoir,
                  "What hears the dialogue: tanh (an echo state network), lif (a spiking liquid)\n"
                  "or none, the last turns alone (tanh)")
      ->type_name("KIND")
      ->check(CLI::IsMember({"tanh", "lif", "none"}));
  add_units_flag(command, flags.n_units, "Of the reservoir (500)");
  command
      .add_option("--turns", flags.n_turns,
                  "The last ones that the readout sees as they are (1; 3 without a reservoir)")
      ->type_name("K")
      ->check(CLI::Range(1, 16));
  command.add_option("--seed", flags.seed, "Of the reservoir and of what is drawn (1)")
      ->type_name("S");
}

std::vector<apps::NamedTraining> trainings_of(const PredictorFlags& flags) {
  std::vector<apps::NamedTraining> out = {{"linear, last turn"},
                                          {"linear, last 3 turns"},
                                          {"mean of turns + linear, last turn"},
                                          {"mean of turns + linear, last 3 turns"},
                                          {apps::kMainPredictor, {.context = context_of(flags)}}};
  // The plain ones are what others compare with: nothing beside a ridge.
  out[0].training.priors = out[1].training.priors = {0};
  out[0].training.rounds = out[1].training.rounds = {0};
  out[1].training.context.n_turns = out[3].training.context.n_turns = 3;
  for (apps::NamedTraining& each : out) {
    each.training.seed = flags.seed;
    each.training.is_stopped = is_interrupted;
  }
  return out;
}

void StageProgress::show(const std::string& stage, double share) {
  if (!progress_ || stage != stage_) {
    progress_.emplace(stage, style_, stderr);
    stage_ = stage;
  }
  progress_->show(ShareDone{share});
}

Result<apps::TurnPredictor> train_to_file(const apps::DialogueSource& dialogues,
                                          const std::vector<apps::NamedTraining>& trainings,
                                          const store::VectorSpace& space, const std::string& path,
                                          ThreadPool& pool, StageProgress& progress) {
  QUERN_ASSIGN(std::vector<apps::TurnPredictor> trained,
               apps::train_predictors(dialogues, pool, trainings,
                                      [&](const std::string& stage, double share) {
                                        progress.show("train: " + stage, share);
                                      }));
  std::vector<apps::NamedPredictor> named;
  for (std::size_t i = 0; i < trained.size(); ++i) {
    named.push_back({trainings[i].name, &trained[i]});
  }
  QUERN_TRY(apps::write_predictor_file(path, {.space = space,
                                              .predictors = named,
                                              .dialogues = dialogues,
                                              .made_by = "quern dialogue train",
                                              .go_on = [&](double share) {
                                                progress.show("write", share);
                                                return !is_interrupted();
                                              }}));
  progress.wipe();
  return std::move(trained.back());
}

}  // namespace quern::cli
