// How a TurnPredictor is trained.

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "apps/dialogue/choice_sets.h"
#include "apps/dialogue/confidence_fit.h"
#include "apps/dialogue/turn_predictor.h"
#include "apps/dialogue/vector_math.h"
#include "reservoir/contrastive.h"

namespace quern::apps {
namespace {

constexpr std::size_t kFewestDialogues = 20;

// Rows at most that are kept to refine the readout on, and to choose by: more would take memory,
// and what they say hardly changes.
constexpr std::size_t kMostFit = 32'768;
constexpr std::size_t kMostChoosing = 4096;

// Candidates of each of those turns.
constexpr int kChoosingCandidates = 20;

// Rows that are handed to the sums together.
constexpr std::size_t kRowsTogether = 64;

enum Role : std::size_t { kFit, kChoose, kConfidence, kUnused };  // kUnused: fewer than two turns.

// Of ten dialogues with two turns and more.
Role role_of(std::size_t n) {
  if (n % 10 == 9) return kConfidence;
  return n % 5 == 2 ? kChoose : kFit;
}

/// Rows on their way into sums.
class Rows {
 public:
  explicit Rows(reservoir::RidgeSums& sums) : sums_(sums) {}

  // The next turn and the mean so far are both mapped: what is left of the one less any multiple of
  // the other follows.
  Status add(std::span<const float> x, std::span<const float> next, std::span<const float> mean) {
    x_.insert(x_.end(), x.begin(), x.end());
    y_.insert(y_.end(), next.begin(), next.end());
    y_.insert(y_.end(), mean.begin(), mean.end());
    return ++n_ % kRowsTogether == 0 ? flush() : Status();
  }
  Status flush() {
    QUERN_TRY(sums_.add(x_, y_));
    x_.clear();
    y_.clear();
    return {};
  }

 private:
  reservoir::RidgeSums& sums_;
  std::vector<float> x_, y_;
  std::size_t n_ = 0;
};

/// Rows that are kept as they are.
struct KeptRows {
  std::vector<float> x, next, mean;
};

}  // namespace

class PredictorTraining {
 public:
  PredictorTraining(std::span<const DialogueVectors> dialogues, ThreadPool& pool,
                    const TurnPredictor::Training& training, ContextReader context)
      : dialogues_(dialogues),
        pool_(pool),
        training_(training),
        context_(std::move(context)),
        d_(static_cast<std::size_t>(context_.d())) {}

  Result<TurnPredictor> run() {
    QUERN_TRY(assign_roles());
    reservoir::RidgeSums fit(context_.d_x(), 2 * context_.d());
    reservoir::RidgeSums choose = fit;
    QUERN_TRY(gather(fit, choose));
    QUERN_TRY(choose_by(fit));
    fit.add(choose);
    QUERN_ASSIGN(const reservoir::RidgeFit all, reservoir::RidgeFit::make(fit));
    QUERN_ASSIGN(const reservoir::LinearReadout both, all.solve(parts_.lambda));
    QUERN_ASSIGN(parts_.readout, refined(residual_readout(both), parts_.n_rounds, {kFit, kChoose}));
    parts_.context = training_.context;
    parts_.d = context_.d();
    parts_.confidence.weights.assign(kChoiceSigns, 0);
    TurnPredictor out(std::move(context_), std::move(parts_));
    QUERN_ASSIGN(out.parts_.confidence,
                 fit_confidence(out, dialogues_, of_role_[kConfidence], training_.seed + 1, pool_));
    return out;
  }

 private:
  Status assign_roles() {
    std::size_t n = 0;
    for (std::size_t i = 0; i < dialogues_.size(); ++i) {
      if (dialogues_[i].d != context_.d()) {
        return {Code::kBadInput, fmt::format("vectors of {} numbers among those of {}",
                                             dialogues_[i].d, context_.d())};
      }
      roles_.push_back(dialogues_[i].n_turns() < 2 ? kUnused : role_of(n++));
      if (roles_[i] == kUnused) continue;
      of_role_[roles_[i]].push_back(i);
    }
    if (n >= kFewestDialogues) return {};
    return {Code::kBadInput, fmt::format("{} dialogues have two turns and more, want {} at least",
                                         n, kFewestDialogues)};
  }

  Status gather(reservoir::RidgeSums& fit, reservoir::RidgeSums& choose) {
    std::array<Rows, 2> rows = {Rows(fit), Rows(choose)};
    std::vector<double> sum(d_, 0);
    double n = 0;
    QUERN_TRY(context_.read(dialogues_, pool_, [&](const ContextReader::Seen& seen) -> Status {
      if (training_.is_stopped && training_.is_stopped()) {
        return {Code::kCancelled, "the training was stopped"};
      }
      const DialogueVectors& dialogue = dialogues_[seen.i_dialogue];
      const Role role = roles_[seen.i_dialogue];
      if (seen.i_turn + 1 >= dialogue.n_turns() || role > kChoose) return {};
      const std::span<const float> next = dialogue.turn(seen.i_turn + 1);
      for (std::size_t c = 0; c < d_; ++c) sum[c] += static_cast<double>(next[c]);
      ++n;
      keep(seen, role, next);
      return rows[role].add(seen.x, next, seen.mean);
    }));
    for (Rows& rest : rows) QUERN_TRY(rest.flush());
    for (const double value : sum) parts_.mean.push_back(static_cast<float>(value / n));
    return {};
  }

  void keep(const ContextReader::Seen& seen, Role role, std::span<const float> next) {
    KeptRows& kept = kept_[role];
    const std::size_t n = kept.mean.size() / d_;
    if (n >= (role == kFit ? kMostFit : kMostChoosing)) return;
    if (role == kChoose) choosing_[{seen.i_dialogue, seen.i_turn}] = n;
    kept.x.insert(kept.x.end(), seen.x.begin(), seen.x.end());
    kept.next.insert(kept.next.end(), next.begin(), next.end());
    kept.mean.insert(kept.mean.end(), seen.mean.begin(), seen.mean.end());
  }

  /// Which ridge and prior find the next turn best, by mean reciprocal rank.
  Status choose_by(const reservoir::RidgeSums& sums) {
    QUERN_ASSIGN(const reservoir::RidgeFit fit, reservoir::RidgeFit::make(sums));
    const std::vector<ChoiceSet> sets =
        choice_sets(dialogues_, of_role_[kChoose], kChoosingCandidates, training_.seed);
    Status problem(Code::kBadInput, "no ridge to choose from");
    double best = -1;
    for (const double lambda : training_.lambdas) {
      if (training_.is_stopped && training_.is_stopped()) {
        return {Code::kCancelled, "the training was stopped"};
      }
      const Result<reservoir::LinearReadout> readout = fit.solve(lambda);
      if (!readout.ok()) {
        problem = readout.status();
        continue;
      }
      const std::vector<double> ranks = reciprocal_ranks(*readout, sets);
      for (std::size_t p = 0; p < ranks.size(); ++p) {
        if (!(ranks[p] > best)) continue;
        best = ranks[p];
        parts_.lambda = lambda;
        parts_.prior = training_.priors[p];
      }
    }
    if (best < 0) return problem;
    QUERN_ASSIGN(const reservoir::LinearReadout both, fit.solve(parts_.lambda));
    return choose_rounds(residual_readout(both), sets);
  }

  /// For each prior: the sum over sets. `readout` maps to the next turn and to the mean so far.
  std::vector<double> reciprocal_ranks(const reservoir::LinearReadout& readout,
                                       std::span<const ChoiceSet> sets) const {
    std::vector<double> out(training_.priors.size(), 0);
    std::vector<float> mapped(2 * d_), predicted(d_);
    for_choosing(sets, [&](std::span<const float> x, std::span<const float> mean,
                           std::span<const float> candidates) {
      readout.apply(x, mapped);
      for (std::size_t p = 0; p < out.size(); ++p) {
        const float prior = static_cast<float>(training_.priors[p]);
        for (std::size_t i = 0; i < d_; ++i) {
          predicted[i] = mapped[i] + prior * (mean[i] - mapped[d_ + i]) - parts_.mean[i];
        }
        out[p] += reciprocal_rank(predicted, candidates);
      }
    });
    return out;
  }

  /// The same of a readout of what the prior leaves.
  double reciprocal_rank_of(const reservoir::LinearReadout& readout,
                            std::span<const ChoiceSet> sets) const {
    double out = 0;
    std::vector<float> predicted(d_);
    const float prior = static_cast<float>(parts_.prior);
    for_choosing(sets, [&](std::span<const float> x, std::span<const float> mean,
                           std::span<const float> candidates) {
      readout.apply(x, predicted);
      for (std::size_t i = 0; i < d_; ++i) predicted[i] += prior * mean[i] - parts_.mean[i];
      out += reciprocal_rank(predicted, candidates);
    });
    return out;
  }

  /// Calls with x, the mean so far and the candidates, centred and of length 1, the right one
  /// first.
  template <typename F>
  void for_choosing(std::span<const ChoiceSet> sets, const F& each) const {
    const KeptRows& kept = kept_[kChoose];
    const auto d_x = static_cast<std::size_t>(context_.d_x());
    std::vector<float> candidates;
    for (const ChoiceSet& set : sets) {
      const auto found = choosing_.find({set.i_dialogue, set.i_turn});
      if (found == choosing_.end()) continue;
      candidates.clear();
      for (const TurnPlace& place : set.candidates) {
        const std::span<const float> turn = dialogues_[place.i_dialogue].turn(place.i_turn);
        for (std::size_t i = 0; i < d_; ++i) candidates.push_back(turn[i] - parts_.mean[i]);
        to_unit(std::span(candidates).last(d_));
      }
      each(std::span(kept.x).subspan(found->second * d_x, d_x),
           std::span(kept.mean).subspan(found->second * d_, d_),
           std::span<const float>(candidates));
    }
  }

  double reciprocal_rank(std::span<const float> predicted,
                         std::span<const float> candidates) const {
    const float right = dot(predicted, candidates.first(d_));
    int rank = 1;
    for (std::size_t at = d_; at < candidates.size(); at += d_) {
      rank += !(dot(predicted, candidates.subspan(at, d_)) < right);
    }
    return 1.0 / rank;
  }

  /// The readout told from others' answers for some rounds, on the rows of these roles.
  Result<reservoir::LinearReadout> refined(const reservoir::LinearReadout& readout, int n_rounds,
                                           std::initializer_list<Role> roles) const {
    std::vector<float> x, y, prior;
    const float share = static_cast<float>(parts_.prior);
    for (const Role role : roles) {
      const KeptRows& kept = kept_[role];
      x.insert(x.end(), kept.x.begin(), kept.x.end());
      for (std::size_t i = 0; i < kept.next.size(); ++i) {
        y.push_back(kept.next[i] - parts_.mean[i % d_]);
        prior.push_back(share * kept.mean[i] - parts_.mean[i % d_]);
      }
    }
    for (std::size_t at = 0; at < y.size(); at += d_) to_unit(std::span(y).subspan(at, d_));
    reservoir::ContrastiveOptions options = {.n_rounds = n_rounds, .seed = training_.seed};
    options.n_batch = std::min(options.n_batch, static_cast<int>(y.size() / d_));
    options.is_stopped = training_.is_stopped;
    return reservoir::refine(readout, {.x = x, .y = y, .prior = prior}, options, pool_);
  }

  /// For how many rounds that helps, by dialogues that it does not see.
  Status choose_rounds(const reservoir::LinearReadout& readout, std::span<const ChoiceSet> sets) {
    double best = -1;
    for (const int n_rounds : training_.rounds) {
      QUERN_ASSIGN(const reservoir::LinearReadout tried, refined(readout, n_rounds, {kFit}));
      const double rank = reciprocal_rank_of(tried, sets);
      if (!(rank > best)) continue;
      best = rank;
      parts_.n_rounds = n_rounds;
    }
    return {};
  }

  /// Of the next turn less the prior's share of the mean so far.
  reservoir::LinearReadout residual_readout(const reservoir::LinearReadout& both) const {
    reservoir::LinearReadout out = {.d_x = both.d_x, .d_y = static_cast<int>(d_)};
    const float prior = static_cast<float>(parts_.prior);
    const auto take = [&](std::span<const float> row, std::vector<float>& to) {
      for (std::size_t i = 0; i < d_; ++i) to.push_back(row[i] - prior * row[d_ + i]);
    };
    for (std::size_t r = 0; r < static_cast<std::size_t>(both.d_x); ++r) {
      take(std::span(both.weights).subspan(r * 2 * d_, 2 * d_), out.weights);
    }
    take(both.bias, out.bias);
    return out;
  }

  std::span<const DialogueVectors> dialogues_;
  ThreadPool& pool_;
  const TurnPredictor::Training& training_;
  ContextReader context_;
  const std::size_t d_;
  std::vector<Role> roles_;
  std::array<std::vector<std::size_t>, kUnused> of_role_;
  std::array<KeptRows, 2> kept_;                                         // Of kFit and kChoose.
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> choosing_;  // Turn to kept row.
  PredictorParts parts_;
};

Result<TurnPredictor> TurnPredictor::train(std::span<const DialogueVectors> dialogues,
                                           ThreadPool& pool, const Training& training) {
  if (dialogues.empty()) return {Code::kBadInput, "there are no dialogues to train on"};
  QUERN_ASSIGN(ContextReader context, ContextReader::make(training.context, dialogues[0].d));
  return PredictorTraining(dialogues, pool, training, std::move(context)).run();
}

}  // namespace quern::apps
