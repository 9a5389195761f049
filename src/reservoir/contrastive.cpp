#include "reservoir/contrastive.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "base/dot.h"
#include "base/split_mix.h"

namespace quern::reservoir {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kTiny = 1e-8;  // As Kingma and Ba have them.

bool are_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

class Refining {
 public:
  Refining(const LinearReadout& start, const ContrastiveRows& rows,
           const ContrastiveOptions& options, ThreadPool& pool)
      : start_(start),
        rows_(rows),
        options_(options),
        pool_(pool),
        n_x_(static_cast<std::size_t>(start.d_x)),
        n_y_(static_cast<std::size_t>(start.d_y)),
        n_batch_(static_cast<std::size_t>(options.n_batch)),
        out_(start),
        first_((n_x_ + 1) * n_y_),
        second_((n_x_ + 1) * n_y_),
        error_(n_batch_ * n_y_) {}

  Result<LinearReadout> run() {
    std::vector<std::size_t> order(rows_.y.size() / n_y_);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::uint64_t state = options_.seed;
    for (int round = 0; round < options_.n_rounds; ++round) {
      for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[next_split_mix(state) % i]);
      }
      for (std::size_t at = 0; at + n_batch_ <= order.size(); at += n_batch_) {
        if (options_.is_stopped && options_.is_stopped()) {
          return {Code::kCancelled, "the training was stopped"};
        }
        const auto batch = std::span(order).subspan(at, n_batch_);
        find_errors(batch);
        step(batch);
      }
    }
    if (are_finite(out_.weights) && are_finite(out_.bias)) return out_;
    return {Code::kBadInput, "a readout did not stay finite: a smaller rate helps"};
  }

 private:
  std::span<const float> x(std::size_t row) const { return rows_.x.subspan(row * n_x_, n_x_); }
  std::span<const float> y(std::size_t row) const { return rows_.y.subspan(row * n_y_, n_y_); }

  // The loss's derivative by what each row is mapped to, each row alone.
  void find_errors(std::span<const std::size_t> batch) {
    pool_.parallel_for(options_.n_batch, [&](int part, int) {
      const auto i = static_cast<std::size_t>(part);
      std::vector<float> mapped(n_y_), share(n_batch_);
      out_.apply(x(batch[i]), mapped);
      if (!rows_.prior.empty()) {
        const auto prior = rows_.prior.subspan(batch[i] * n_y_, n_y_);
        for (std::size_t k = 0; k < n_y_; ++k) mapped[k] += prior[k];
      }
      error_of(batch, i, mapped, share, std::span(error_).subspan(i * n_y_, n_y_));
    });
  }

  void error_of(std::span<const std::size_t> batch, std::size_t i, std::span<float> mapped,
                std::span<float> share, std::span<float> error) const {
    std::fill(error.begin(), error.end(), 0.0f);
    const float length = std::sqrt(dot(mapped, mapped));
    if (!(length > 0)) return;
    for (float& value : mapped) value /= length;
    const float scale = 1 / static_cast<float>(options_.temperature);
    float most = -scale, sum = 0;
    for (std::size_t j = 0; j < n_batch_; ++j) {
      share[j] = scale * dot(mapped, y(batch[j]));
      most = std::max(most, share[j]);
    }
    for (float& value : share) sum += value = std::exp(value - most);
    for (std::size_t j = 0; j < n_batch_; ++j) {
      const float by = scale * (share[j] / sum - (j == i ? 1.0f : 0.0f));
      const std::span<const float> answer = y(batch[j]);
      for (std::size_t k = 0; k < n_y_; ++k) error[k] += by * answer[k];
    }
    // Through the division by the length: what points along the vector changes nothing.
    const float along = dot(error, mapped);
    const float by = 1 / (length * static_cast<float>(n_batch_));
    for (std::size_t k = 0; k < n_y_; ++k) error[k] = by * (error[k] - along * mapped[k]);
  }

  // Adam; each weight alone, its rows in their order.
  void step(std::span<const std::size_t> batch) {
    ++n_steps_;
    rate_ = options_.rate * std::sqrt(1 - std::pow(kBeta2, n_steps_)) /
            (1 - std::pow(kBeta1, n_steps_));
    pool_.parallel_for(static_cast<int>(n_x_) + 1, [&](int part, int) {
      const auto r = static_cast<std::size_t>(part);
      std::vector<float> gradient(n_y_);
      for (std::size_t i = 0; i < n_batch_; ++i) {
        const float in = r < n_x_ ? x(batch[i])[r] : 1;
        const float* error = &error_[i * n_y_];
        for (std::size_t k = 0; k < n_y_; ++k) gradient[k] += in * error[k];
      }
      move(r, gradient);
    });
  }

  void move(std::size_t r, std::span<float> gradient) {
    const bool is_bias = r == n_x_;
    float* values = is_bias ? out_.bias.data() : &out_.weights[r * n_y_];
    const float pull = is_bias ? 0 : 2 * static_cast<float>(options_.pull);
    for (std::size_t k = 0; k < n_y_; ++k) {
      if (!is_bias) gradient[k] += pull * (values[k] - start_.weights[r * n_y_ + k]);
      const double g = static_cast<double>(gradient[k]);
      double &first = first_[r * n_y_ + k], &second = second_[r * n_y_ + k];
      first = kBeta1 * first + (1 - kBeta1) * g;
      second = kBeta2 * second + (1 - kBeta2) * g * g;
      values[k] -= static_cast<float>(rate_ * first / (std::sqrt(second) + kTiny));
    }
  }

  const LinearReadout& start_;
  const ContrastiveRows& rows_;
  const ContrastiveOptions& options_;
  ThreadPool& pool_;
  const std::size_t n_x_, n_y_, n_batch_;
  LinearReadout out_;
  std::vector<double> first_, second_;  // [d_x + 1, d_y] Moments of the gradient; last the bias.
  std::vector<float> error_;            // [n_batch, d_y]
  double rate_ = 0;
  int n_steps_ = 0;
};

}  // namespace

Result<LinearReadout> refine(const LinearReadout& readout, const ContrastiveRows& rows,
                             const ContrastiveOptions& options, ThreadPool& pool) {
  const auto n_x = static_cast<std::size_t>(readout.d_x),
             n_y = static_cast<std::size_t>(readout.d_y);
  const std::size_t n = n_y == 0 ? 0 : rows.y.size() / n_y;
  if (n_x == 0 || rows.x.size() != n * n_x || rows.y.size() != n * n_y ||
      (!rows.prior.empty() && rows.prior.size() != n * n_y) ||
      readout.weights.size() != n_x * n_y || readout.bias.size() != n_y) {
    return {Code::kBadInput, "rows and readout to refine are not of the same widths"};
  }
  if (options.n_batch < 2 || n < static_cast<std::size_t>(options.n_batch)) {
    return {Code::kBadInput, fmt::format("a readout is refined on {} rows by {}, want 2 and more "
                                         "at a time and at least so many rows",
                                         n, options.n_batch)};
  }
  if (!(options.temperature > 0) || !(options.rate > 0) || !(options.pull >= 0) ||
      options.n_rounds < 0) {
    return {Code::kBadInput,
            fmt::format("temperature {}, rate {}, pull {}, {} rounds: want the "
                        "first two above 0, the others 0 and more",
                        options.temperature, options.rate, options.pull, options.n_rounds)};
  }
  if (!are_finite(rows.x) || !are_finite(rows.y) || !are_finite(rows.prior) ||
      !are_finite(readout.weights) || !are_finite(readout.bias)) {
    return {Code::kBadInput, "a row to refine a readout on has numbers that are not finite"};
  }
  return Refining(readout, rows, options, pool).run();
}

}  // namespace quern::reservoir
