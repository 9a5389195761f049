#include "apps/dialogue/training_questions.h"

#include <algorithm>
#include <numeric>

#include "apps/dialogue/vector_math.h"

namespace quern::apps {
namespace {

constexpr int kChoosingCandidates = 20;

// Sets that a thread takes together.
constexpr std::size_t kSetsTogether = 16;

/// The rows [first, n) in the order of their places.
std::vector<std::size_t> by_place(const KeptRows& rows, std::size_t first) {
  std::vector<std::size_t> out(rows.n() - first);
  std::iota(out.begin(), out.end(), first);
  std::sort(out.begin(), out.end(),
            [&](std::size_t a, std::size_t b) { return rows.places[a] < rows.places[b]; });
  return out;
}

std::vector<TurnPlace> places_of(const KeptRows& rows, std::span<const std::size_t> which) {
  std::vector<TurnPlace> out;
  for (const std::size_t row : which) out.push_back(rows.places[row]);
  return out;
}

Result<RowQuestions> questions_of_sizes(const DialogueSource& dialogues, const KeptRows& rows,
                                        std::span<const std::size_t> asked, std::uint64_t seed) {
  RowQuestions out;
  for (const int n : {10, 20, 100}) {
    QUERN_ASSIGN(const std::vector<ChoiceSet> sets,
                 choice_sets(dialogues, places_of(rows, asked), n, seed));
    out.sets.insert(out.sets.end(), sets.begin(), sets.end());
    out.rows.insert(out.rows.end(), asked.begin(), asked.end());
  }
  return out;
}

Status read_candidates(const DialogueSource& dialogues, const ChoiceSet& set,
                       std::span<const float> mean, std::vector<float>& out) {
  out.resize(set.candidates.size() * mean.size());
  for (std::size_t i = 0; i < set.candidates.size(); ++i) {
    const std::span<float> turn = std::span(out).subspan(i * mean.size(), mean.size());
    QUERN_TRY(dialogues.read_turn(set.candidates[i], turn, {}));
    centre(turn, mean);
  }
  return {};
}

}  // namespace

Result<TrainingQuestions> training_questions(const DialogueSource& dialogues,
                                             const TrainingRows& rows, std::uint64_t seed) {
  TrainingQuestions out;
  out.choosing.rows = by_place(rows.learn, rows.n_fit);
  QUERN_ASSIGN(out.choosing.sets, choice_sets(dialogues, places_of(rows.learn, out.choosing.rows),
                                              kChoosingCandidates, seed));
  QUERN_ASSIGN(out.choosing_confidence,
               questions_of_sizes(dialogues, rows.learn, out.choosing.rows, seed + 2));
  QUERN_ASSIGN(out.confidence, questions_of_sizes(dialogues, rows.confidence,
                                                  by_place(rows.confidence, 0), seed + 1));
  return out;
}

Status for_candidates(
    const DialogueSource& dialogues, std::span<const ChoiceSet> sets, std::span<const float> mean,
    ThreadPool& pool,
    const std::function<void(std::size_t i_set, std::span<const float> candidates)>& each) {
  const std::size_t n_parts = (sets.size() + kSetsTogether - 1) / kSetsTogether;
  std::vector<Status> ended(n_parts);
  pool.parallel_for(static_cast<int>(n_parts), [&](int part, int) {
    const auto p = static_cast<std::size_t>(part);
    const std::size_t last = std::min(sets.size(), (p + 1) * kSetsTogether);
    std::vector<float> candidates;
    for (std::size_t i = p * kSetsTogether; i < last && ended[p].ok(); ++i) {
      ended[p] = read_candidates(dialogues, sets[i], mean, candidates);
      if (ended[p].ok()) each(i, candidates);
    }
  });
  for (const Status& status : ended) QUERN_TRY(status);
  return {};
}

}  // namespace quern::apps
