#include "reservoir/memory_curve.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "base/split_mix.h"
#include "reservoir/ridge.h"
#include "reservoir/states.h"

namespace quern::reservoir {
namespace {

// Side by side: twelve that the readout is fitted on, four that measure.
constexpr int kSequences = 16;
constexpr int kFitted = 12;

// Steps in which a network forgets that it began at zero.
constexpr int kWashOut = 100;

/// Sums from which the correlation of two numbers follows.
struct Correlation {
  double n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;

  void add(double x, double y) {
    ++n;
    a += x;
    b += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  double squared() const {
    const double covariance = ab - a * b / n, x = aa - a * a / n, y = bb - b * b / n;
    return x * y > 0 ? covariance * covariance / (x * y) : 0;
  }
};

class MemoryMeasure {
 public:
  MemoryMeasure(const Network& network, const MemoryAsk& ask, ThreadPool& pool)
      : network_(network),
        ask_(ask),
        pool_(pool),
        d_in_(static_cast<std::size_t>(network.spec().d_in)),
        n_units_(static_cast<std::size_t>(network.n_units())),
        d_y_(static_cast<std::size_t>(ask.n_delays) * d_in_) {}

  Result<std::vector<double>> run() {
    RidgeSums sums(network_.n_units(), static_cast<int>(d_y_));
    QUERN_TRY(walk(0, kFitted, [&](std::span<const float> x, std::span<const float> y) {
      return sums.add(x, y, pool_);
    }));
    QUERN_ASSIGN(const RidgeFit fit, RidgeFit::make(sums));
    QUERN_ASSIGN(const LinearReadout readout, fit.solve(ask_.lambda));
    std::vector<Correlation> found(d_y_);
    std::vector<float> out(d_y_);
    QUERN_TRY(walk(kFitted, kSequences, [&](std::span<const float> x, std::span<const float> y) {
      for (std::size_t at = 0; at * n_units_ < x.size(); ++at) {
        readout.apply(x.subspan(at * n_units_, n_units_), out);
        for (std::size_t i = 0; i < d_y_; ++i) {
          found[i].add(static_cast<double>(out[i]), static_cast<double>(y[at * d_y_ + i]));
        }
      }
      return Status();
    }));
    return means_of(found);
  }

 private:
  /// All steps of the sequences; `take` has the states of [first, last) and what they heard.
  template <typename F>
  Status walk(int first, int last, const F& take) {
    States states(network_, kSequences);
    std::uint64_t random = ask_.seed;
    std::deque<std::vector<float>> heard;  // The newest first, [kSequences, d_in] each.
    const auto n = static_cast<std::size_t>(last - first);
    std::vector<float> x(n * n_units_), y(n * d_y_);
    for (int step = -kWashOut; step < std::max(1, ask_.n_steps / kSequences); ++step) {
      if (ask_.is_stopped && ask_.is_stopped()) return {Code::kCancelled, "nobody waits for it"};
      heard.push_front(drawn(random));
      if (heard.size() > static_cast<std::size_t>(ask_.n_delays)) heard.pop_back();
      states.step(heard.front(), kSequences, pool_);
      if (step < 0 || heard.size() < static_cast<std::size_t>(ask_.n_delays)) continue;
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t sequence = static_cast<std::size_t>(first) + i;
        states.read(static_cast<int>(sequence), std::span(x).subspan(i * n_units_, n_units_));
        for (std::size_t k = 0; k < heard.size(); ++k) {
          std::copy_n(&heard[k][sequence * d_in_], d_in_, &y[i * d_y_ + k * d_in_]);
        }
      }
      QUERN_TRY(take(std::span<const float>(x), std::span<const float>(y)));
    }
    return {};
  }

  std::vector<float> drawn(std::uint64_t& random) const {
    std::vector<float> out(kSequences * d_in_);
    for (float& value : out) {
      value = static_cast<float>(static_cast<double>(next_split_mix(random) >> 11) * 0x1p-52 - 1);
    }
    for (std::size_t at = 0; d_in_ > 1 && at < out.size(); at += d_in_) {
      double squares = 0;
      for (std::size_t i = 0; i < d_in_; ++i) {
        squares += static_cast<double>(out[at + i]) * static_cast<double>(out[at + i]);
      }
      const float by = static_cast<float>(1 / std::sqrt(squares));
      for (std::size_t i = 0; i < d_in_; ++i) out[at + i] *= by;
    }
    return out;
  }

  std::vector<double> means_of(std::span<const Correlation> found) const {
    std::vector<double> out;
    for (std::size_t at = 0; at < found.size(); at += d_in_) {
      double sum = 0;
      for (std::size_t i = 0; i < d_in_; ++i) sum += found[at + i].squared();
      out.push_back(sum / static_cast<double>(d_in_));
    }
    return out;
  }

  const Network& network_;
  const MemoryAsk& ask_;
  ThreadPool& pool_;
  const std::size_t d_in_, n_units_, d_y_;
};

}  // namespace

Result<std::vector<double>> memory_curve(const Network& network, const MemoryAsk& ask,
                                         ThreadPool& pool) {
  if (ask.n_delays < 1 || ask.n_delays > kWashOut || ask.n_steps < 2 * kSequences) {
    return {Code::kBadInput, fmt::format("a memory over {} delays and {} steps, wanted 1 to {} of "
                                         "the former and {} and more of the latter",
                                         ask.n_delays, ask.n_steps, kWashOut, 2 * kSequences)};
  }
  return MemoryMeasure(network, ask, pool).run();
}

}  // namespace quern::reservoir
