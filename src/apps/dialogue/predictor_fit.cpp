#include "apps/dialogue/predictor_fit.h"

#include <algorithm>
#include <utility>

#include "apps/dialogue/confidence_fit.h"
#include "apps/dialogue/vector_math.h"
#include "base/check.h"
#include "reservoir/contrastive.h"

namespace quern::apps {
namespace {

double reciprocal_rank(std::span<const float> predicted, std::span<const float> candidates) {
  const std::size_t d = predicted.size();
  const float right = dot(predicted, candidates.first(d));
  int rank = 1;
  for (std::size_t at = d; at < candidates.size(); at += d) {
    rank += !(dot(predicted, candidates.subspan(at, d)) < right);
  }
  return 1.0 / rank;
}

/// Of a readout that maps to the next turn and to the mean so far: of the next turn less the
/// prior's share of the mean so far.
reservoir::LinearReadout residual_readout(const reservoir::LinearReadout& both, float prior) {
  const std::size_t d = static_cast<std::size_t>(both.d_y) / 2;
  reservoir::LinearReadout out = {.d_x = both.d_x, .d_y = both.d_y / 2};
  const auto take = [&](std::span<const float> row, std::vector<float>& to) {
    for (std::size_t i = 0; i < d; ++i) to.push_back(row[i] - prior * row[d + i]);
  };
  for (std::size_t r = 0; r < static_cast<std::size_t>(both.d_x); ++r) {
    take(std::span(both.weights).subspan(r * 2 * d, 2 * d), out.weights);
  }
  take(both.bias, out.bias);
  return out;
}

class PredictorFit {
 public:
  PredictorFit(const TurnPredictor::Training& training, const PredictorFitInput& input,
               ThreadPool& pool, const GoOn& go_on)
      : training_(training),
        in_(input),
        pool_(pool),
        go_on_(go_on),
        d_(input.rows.mean.size()),
        n_steps_(training.lambdas.size() + training.rounds.size() + 2) {}

  Result<TurnPredictor> run() {
    parts_.context = training_.context;
    parts_.d = static_cast<int>(d_);
    parts_.mean = in_.rows.mean;
    QUERN_TRY(choose_ridge_and_prior());
    QUERN_TRY(choose_rounds());
    QUERN_TRY(step());
    QUERN_ASSIGN(const reservoir::LinearReadout both, in_.context.all.solve(parts_.lambda));
    QUERN_ASSIGN(parts_.readout,
                 refined(residual_readout(both, prior()), parts_.n_rounds, in_.rows.learn.n()));
    parts_.confidence.weights.assign(kChoiceSigns, 0);
    QUERN_TRY(step());
    QUERN_ASSIGN(const TurnPredictor unsure, TurnPredictor::from_parts(parts_));
    QUERN_TRY(fit_its_confidence(unsure));
    return TurnPredictor::from_parts(std::move(parts_));
  }

 private:
  float prior() const { return static_cast<float>(parts_.prior); }

  Status step() {
    const double share = static_cast<double>(n_done_++) / static_cast<double>(n_steps_);
    return go_on_(share) ? Status() : Status(Code::kCancelled, "the training was stopped");
  }

  std::span<const float> row(const std::vector<float>& of, std::size_t i) const {
    const std::size_t d = of.size() / in_.rows.learn.n();
    return std::span(of).subspan(i * d, d);
  }

  /// Which find the next turn best, by mean reciprocal rank.
  Status choose_ridge_and_prior() {
    Status problem(Code::kBadInput, "no ridge to choose from");
    double best = -1;
    for (const double lambda : training_.lambdas) {
      QUERN_TRY(step());
      const Result<reservoir::LinearReadout> readout = in_.context.fit.solve(lambda);
      if (!readout.ok()) {
        problem = readout.status();
        continue;
      }
      QUERN_ASSIGN(const std::vector<double> ranks, ranks_by_prior(*readout));
      for (std::size_t p = 0; p < ranks.size(); ++p) {
        if (!(ranks[p] > best)) continue;
        best = ranks[p];
        parts_.lambda = lambda;
        parts_.prior = training_.priors[p];
      }
    }
    return best < 0 ? problem : Status();
  }

  /// For each prior: the sum of reciprocal ranks. `both` maps to the next turn and to the mean so
  /// far.
  Result<std::vector<double>> ranks_by_prior(const reservoir::LinearReadout& both) const {
    const std::size_t n = training_.priors.size();
    return sums_of_ranks(n, 2 * d_, both,
                         [&](std::size_t p, std::span<const float> mapped,
                             std::span<const float> mean, std::span<float> out) {
                           const float share = static_cast<float>(training_.priors[p]);
                           for (std::size_t i = 0; i < d_; ++i) {
                             out[i] =
                                 mapped[i] + share * (mean[i] - mapped[d_ + i]) - parts_.mean[i];
                           }
                         });
  }

  /// Of `n` predictions that `predict(i, mapped, mean, out)` makes of what the readout maps.
  template <typename F>
  Result<std::vector<double>> sums_of_ranks(std::size_t n, std::size_t n_mapped,
                                            const reservoir::LinearReadout& readout,
                                            const F& predict) const {
    const RowQuestions& asked = in_.questions.choosing;
    std::vector<double> ranks(asked.sets.size() * n);
    const auto each = [&](std::size_t i_set, std::span<const float> candidates) {
      std::vector<float> mapped(n_mapped), predicted(d_);
      const std::size_t i_row = asked.rows[i_set];
      readout.apply(row(in_.context.learn, i_row), mapped);
      for (std::size_t i = 0; i < n; ++i) {
        predict(i, mapped, row(in_.rows.learn.mean, i_row), predicted);
        ranks[i_set * n + i] = reciprocal_rank(predicted, candidates);
      }
    };
    QUERN_TRY(for_candidates(in_.dialogues, asked.sets, parts_.mean, pool_, each));
    // In the order of the questions, whatever the threads.
    std::vector<double> out(n, 0);
    for (std::size_t at = 0; at < ranks.size(); ++at) out[at % n] += ranks[at];
    return out;
  }

  /// For how many rounds refining helps, by dialogues that it does not see.
  Status choose_rounds() {
    QUERN_ASSIGN(const reservoir::LinearReadout both, in_.context.fit.solve(parts_.lambda));
    const reservoir::LinearReadout readout = residual_readout(both, prior());
    chosen_ = readout;
    double best = -1;
    for (const int n_rounds : training_.rounds) {
      QUERN_TRY(step());
      QUERN_ASSIGN(reservoir::LinearReadout tried, refined(readout, n_rounds, in_.rows.n_fit));
      QUERN_ASSIGN(const std::vector<double> rank, rank_of_residual(tried));
      if (!(rank[0] > best)) continue;
      best = rank[0];
      parts_.n_rounds = n_rounds;
      chosen_ = std::move(tried);
    }
    return {};
  }

  Result<std::vector<double>> rank_of_residual(const reservoir::LinearReadout& readout) const {
    return sums_of_ranks(1, d_, readout,
                         [&](std::size_t, std::span<const float> mapped,
                             std::span<const float> mean, std::span<float> out) {
                           for (std::size_t i = 0; i < d_; ++i) {
                             out[i] = mapped[i] + (prior() * mean[i] - parts_.mean[i]);
                           }
                         });
  }

  /// The readout told from others' answers for some rounds, on the first `n` rows.
  Result<reservoir::LinearReadout> refined(const reservoir::LinearReadout& readout, int n_rounds,
                                           std::size_t n) const {
    if (n_rounds == 0) return readout;
    const std::span<const float> means = std::span(in_.rows.learn.mean).first(n * d_);
    std::vector<float> priors;
    priors.reserve(means.size());
    for (std::size_t i = 0; i < means.size(); ++i) {
      priors.push_back(prior() * means[i] - parts_.mean[i % d_]);
    }
    const std::size_t d_x = static_cast<std::size_t>(readout.d_x);
    reservoir::ContrastiveOptions options = {.n_rounds = n_rounds, .seed = training_.seed};
    options.n_batch = std::min(options.n_batch, static_cast<int>(n));
    options.is_stopped = training_.is_stopped;
    return reservoir::refine(readout,
                             {.x = std::span(in_.context.learn).first(n * d_x),
                              .y = std::span(in_.rows.learn.next).first(n * d_),
                              .prior = priors},
                             options, pool_);
  }

  // By every dialogue that a readout has not seen: those that are kept out of all, and those that
  // chose, of which the readout that was chosen knows nothing but its ridge, prior and rounds.
  Status fit_its_confidence(const TurnPredictor& predictor) {
    PredictorParts of_fit = predictor.parts();
    of_fit.readout = std::move(chosen_);
    QUERN_ASSIGN(const TurnPredictor chosen, TurnPredictor::from_parts(std::move(of_fit)));
    const RowQuestions& kept_out = in_.questions.confidence;
    const RowQuestions& choosing = in_.questions.choosing_confidence;
    std::vector<ChoiceSet> sets = kept_out.sets;
    sets.insert(sets.end(), choosing.sets.begin(), choosing.sets.end());
    const auto predict = [&](std::size_t i_set, std::span<float> out) {
      if (i_set < kept_out.sets.size()) {
        predict_row(predictor, in_.context.confidence, in_.rows.confidence, kept_out.rows[i_set],
                    out);
      } else {
        predict_row(chosen, in_.context.learn, in_.rows.learn,
                    choosing.rows[i_set - kept_out.sets.size()], out);
      }
    };
    QUERN_ASSIGN(parts_.confidence,
                 fit_confidence(in_.dialogues, sets, parts_.mean, pool_, predict));
    return {};
  }

  void predict_row(const TurnPredictor& predictor, const std::vector<float>& seen,
                   const KeptRows& rows, std::size_t i, std::span<float> out) const {
    QUERN_CHECK(i < rows.n());
    const std::size_t d_x = seen.size() / rows.n();
    predictor.predict_one(std::span(seen).subspan(i * d_x, d_x),
                          std::span(rows.mean).subspan(i * d_, d_), out);
  }

  const TurnPredictor::Training& training_;
  const PredictorFitInput& in_;
  ThreadPool& pool_;
  const GoOn& go_on_;
  const std::size_t d_;
  const std::size_t n_steps_;
  std::size_t n_done_ = 0;
  PredictorParts parts_;
  reservoir::LinearReadout
      chosen_;  // Of the ridge, prior and rounds that were chosen, on n_fit rows.
};

}  // namespace

Result<TurnPredictor> fit_predictor(const TurnPredictor::Training& training,
                                    const PredictorFitInput& input, ThreadPool& pool,
                                    const GoOn& go_on) {
  return PredictorFit(training, input, pool, go_on).run();
}

}  // namespace quern::apps
