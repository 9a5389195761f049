#include "apps/dialogue/turn_training.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "apps/dialogue/context_fit.h"
#include "apps/dialogue/predictor_fit.h"
#include "apps/dialogue/training_questions.h"
#include "apps/dialogue/training_rows.h"

namespace quern::apps {
namespace {

class TogetherTraining {
 public:
  TogetherTraining(const DialogueSource& dialogues, ThreadPool& pool,
                   std::span<const NamedTraining> trainings, const TrainingProgress& on_progress)
      : dialogues_(dialogues), pool_(pool), trainings_(trainings), on_progress_(on_progress) {}

  Result<std::vector<TurnPredictor>> run() {
    std::vector<ContextSpec> contexts;
    for (const NamedTraining& each : trainings_) contexts.push_back(each.training.context);
    QUERN_ASSIGN(const ContextSpec all, context_of_all(contexts));
    QUERN_ASSIGN(const ContextReader whole, ContextReader::make(all, dialogues_.d()));
    QUERN_ASSIGN(const TrainingRows rows,
                 training_rows(dialogues_, whole, pool_, watch_of("read")));
    if (rows.n_dialogues < kFewestDialogues) {
      return {Code::kBadInput, fmt::format("{} dialogues have two turns and more, want {} at least",
                                           rows.n_dialogues, kFewestDialogues)};
    }
    std::vector<std::optional<TurnPredictor>> trained(trainings_.size());
    for (std::size_t i = 0; i < trainings_.size(); ++i) {
      if (!trained[i]) QUERN_TRY(train_like(i, whole, rows, trained));
    }
    std::vector<TurnPredictor> out;
    for (std::optional<TurnPredictor>& each : trained) out.push_back(std::move(*each));
    return out;
  }

 private:
  GoOn watch_of(const std::string& stage) const {
    return [this, stage](double share) {
      if (on_progress_) on_progress_(stage, share);
      return std::none_of(trainings_.begin(), trainings_.end(), [](const NamedTraining& each) {
        return each.training.is_stopped && each.training.is_stopped();
      });
    };
  }

  /// All of the context of the i-th.
  Status train_like(std::size_t i, const ContextReader& whole, const TrainingRows& rows,
                    std::vector<std::optional<TurnPredictor>>& trained) {
    const ContextSpec& spec = trainings_[i].training.context;
    QUERN_ASSIGN(const ContextReader context, ContextReader::make(spec, dialogues_.d()));
    QUERN_ASSIGN(const ContextFit fit, ContextFit::make(context, whole, rows));
    for (; i < trainings_.size(); ++i) {
      const TurnPredictor::Training& training = trainings_[i].training;
      if (training.context != spec) continue;
      QUERN_ASSIGN(const TrainingQuestions* questions, questions_of(training.seed, rows));
      QUERN_ASSIGN(
          TurnPredictor predictor,
          fit_predictor(
              training,
              {.dialogues = dialogues_, .rows = rows, .questions = *questions, .context = fit},
              pool_, watch_of(trainings_[i].name)));
      trained[i] = std::move(predictor);
    }
    return {};
  }

  Result<const TrainingQuestions*> questions_of(std::uint64_t seed, const TrainingRows& rows) {
    if (const auto found = questions_.find(seed); found != questions_.end()) return &found->second;
    QUERN_ASSIGN(TrainingQuestions made, training_questions(dialogues_, rows, seed));
    return &questions_.emplace(seed, std::move(made)).first->second;
  }

  const DialogueSource& dialogues_;
  ThreadPool& pool_;
  const std::span<const NamedTraining> trainings_;
  const TrainingProgress& on_progress_;
  std::map<std::uint64_t, TrainingQuestions> questions_;  // By the seed that draws them.
};

}  // namespace

Result<std::vector<TurnPredictor>> train_predictors(const DialogueSource& dialogues,
                                                    ThreadPool& pool,
                                                    std::span<const NamedTraining> trainings,
                                                    const TrainingProgress& on_progress) {
  if (dialogues.n_turns() == 0) return {Code::kBadInput, "there are no dialogues to train on"};
  return TogetherTraining(dialogues, pool, trainings, on_progress).run();
}

Result<TurnPredictor> TurnPredictor::train(std::span<const DialogueVectors> dialogues,
                                           ThreadPool& pool, const Training& training) {
  QUERN_TRY(check_widths(dialogues));
  const NamedTraining one = {.name = "predictor", .training = training};
  QUERN_ASSIGN(std::vector<TurnPredictor> out,
               train_predictors(DialoguesInMemory(dialogues), pool, std::span(&one, 1)));
  return std::move(out[0]);
}

}  // namespace quern::apps
