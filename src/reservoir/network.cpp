#include "reservoir/network.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/split_mix.h"

namespace quern::reservoir {
namespace {

constexpr std::pair<Dynamics, const char*> kNames[] = {{Dynamics::kTanh, "tanh"},
                                                       {Dynamics::kLinear, "linear"},
                                                       {Dynamics::kSine, "sine"},
                                                       {Dynamics::kSpiking, "lif"}};

/// Integers and exact steps of doubles alone.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() { return next_split_mix(state_); }
  /// In [0, 1).
  double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// In [-1, 1).
  double both() { return 2 * share() - 1; }
  /// Below n.
  std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>(share() * static_cast<double>(n));
  }

 private:
  std::uint64_t state_;
};

/// n of [0, n_all), ascending.
std::vector<std::uint32_t> some_of(Draws& draws, std::uint32_t n_all, std::uint32_t n,
                                   std::vector<std::uint32_t>& all) {
  if (all.size() != n_all) {
    all.resize(n_all);
    std::iota(all.begin(), all.end(), 0U);
  }
  // The beginning of a shuffle; what it leaves behind is as good a beginning for the next one.
  for (std::uint32_t i = 0; i < n; ++i) std::swap(all[i], all[i + draws.below(n_all - i)]);
  std::vector<std::uint32_t> out(all.begin(), all.begin() + n);
  std::sort(out.begin(), out.end());
  return out;
}

void end_row(SparseMatrix& matrix) {
  matrix.begins.push_back(static_cast<std::uint32_t>(matrix.columns.size()));
}

SparseMatrix random_rows(Draws& draws, int n_rows, int n_columns, int n_links, double scale) {
  SparseMatrix out;
  std::vector<std::uint32_t> all;
  for (int r = 0; r < n_rows; ++r) {
    for (const std::uint32_t column : some_of(draws, static_cast<std::uint32_t>(n_columns),
                                              static_cast<std::uint32_t>(n_links), all)) {
      out.columns.push_back(column);
      out.weights.push_back(static_cast<float>(scale * draws.both()));
    }
    end_row(out);
  }
  return out;
}

// Maass et al. 2002: P = C exp(-(D / 2)^2), C by what both ends are.
SparseMatrix column_rows(Draws& draws, int n_units, const std::vector<bool>& inhibits) {
  constexpr double kLength = 2;
  constexpr double kC[2][2] = {{0.3, 0.4}, {0.2, 0.1}};  // [to inhibitory][from inhibitory]
  SparseMatrix out;
  const auto place = [](int i) { return std::array{i % 3, i / 3 % 3, i / 9}; };
  for (int to = 0; to < n_units; ++to) {
    for (int from = 0; from < n_units; ++from) {
      const auto a = place(to), b = place(from);
      double distance = 0;
      for (std::size_t k = 0; k < 3; ++k) distance += (a[k] - b[k]) * (a[k] - b[k]);
      const double likely =
          kC[inhibits[static_cast<std::size_t>(to)]][inhibits[static_cast<std::size_t>(from)]] *
          std::exp(-distance / (kLength * kLength));
      if (to == from || draws.share() >= likely) continue;
      out.columns.push_back(static_cast<std::uint32_t>(from));
      out.weights.push_back(static_cast<float>(draws.both()));
    }
    end_row(out);
  }
  return out;
}

// Excites or inhibits as the unit that is heard does.
void give_signs(SparseMatrix& matrix, const std::vector<bool>& inhibits) {
  for (std::size_t e = 0; e < matrix.columns.size(); ++e) {
    const float strength = std::fabs(matrix.weights[e]);
    matrix.weights[e] = inhibits[matrix.columns[e]] ? -strength : strength;
  }
}

Status check(const char* name, bool is_right, double got, const char* wanted) {
  if (is_right) return {};
  return {Code::kBadInput, fmt::format("a reservoir's {} is {}, wanted {}", name, got, wanted)};
}

Status check_spec(const NetworkSpec& spec) {
  const auto share = [](float x) { return x >= 0 && x <= 1; };
  const auto finite = [](float x) { return std::isfinite(x) && x >= 0; };
  QUERN_TRY(check("n_units", spec.n_units >= 1 && spec.n_units <= kMaxUnits, spec.n_units,
                  "1 to 65,536"));
  QUERN_TRY(check("d_in", spec.d_in >= 1 && spec.d_in <= kMaxInputs, spec.d_in, "1 to 65,536"));
  QUERN_TRY(check("n_links", spec.n_links >= 1 && spec.n_links <= spec.n_units, spec.n_links,
                  "1 to its units"));
  QUERN_TRY(
      check("spectral_radius", finite(spec.spectral_radius), spec.spectral_radius, "0 and more"));
  QUERN_TRY(check("leak", share(spec.leak), spec.leak, "0 to 1"));
  QUERN_TRY(check("input_scale", finite(spec.input_scale), spec.input_scale, "0 and more"));
  QUERN_TRY(check("input_density", share(spec.input_density), spec.input_density, "0 to 1"));
  QUERN_TRY(check("bias_scale", finite(spec.bias_scale), spec.bias_scale, "0 and more"));
  QUERN_TRY(check("inhibitory", share(spec.inhibitory), spec.inhibitory, "0 to 1"));
  QUERN_TRY(check("spikes.keep", share(spec.spikes.keep), spec.spikes.keep, "0 to 1"));
  QUERN_TRY(check("spikes.trace_keep", spec.spikes.trace_keep >= 0 && spec.spikes.trace_keep < 1,
                  spec.spikes.trace_keep, "0 to below 1"));
  QUERN_TRY(check("spikes.threshold", finite(spec.spikes.threshold) && spec.spikes.threshold > 0,
                  spec.spikes.threshold, "above 0"));
  QUERN_TRY(check("sine.decay", finite(spec.sine.decay), spec.sine.decay, "0 and more"));
  return check("sine.amplitude and omega",
               std::isfinite(spec.sine.amplitude) && std::isfinite(spec.sine.omega),
               spec.sine.amplitude, "finite");
}

// Of a matrix with so many independent entries of variance 1/3 a row (the circular law).
double expected_radius(const SparseMatrix& w) {
  const double n_rows = static_cast<double>(w.begins.size() - 1);
  return std::sqrt(static_cast<double>(w.columns.size()) / n_rows / 3);
}

}  // namespace

const char* dynamics_name(Dynamics dynamics) {
  for (const auto& [known, name] : kNames) {
    if (known == dynamics) return name;
  }
  return "";
}

Result<Dynamics> dynamics_from_name(std::string_view name) {
  for (const auto& [known, known_name] : kNames) {
    if (name == known_name) return known;
  }
  return {Code::kBadInput,
          fmt::format("no reservoir is called '{}': there are tanh, linear, sine and lif", name)};
}

bool NetworkSpec::operator==(const NetworkSpec& other) const {
  const auto numbers = [](const NetworkSpec& s) {
    return std::tuple(s.dynamics, s.wiring, s.n_units, s.d_in, s.n_links, s.spectral_radius,
                      s.scaling, s.leak, s.input_scale, s.input_density, s.bias_scale,
                      s.sine.amplitude, s.sine.decay, s.sine.omega, s.spikes.keep,
                      s.spikes.threshold, s.spikes.trace_keep, s.inhibitory, s.seed);
  };
  return numbers(*this) == numbers(other);
}

double measured_radius(const SparseMatrix& w) {
  constexpr int kBurnIn = 200, kSteps = 2000;
  const std::size_t n = w.begins.size() - 1;
  std::vector<double> x(n), y(n);
  Draws draws(12345);
  for (double& value : x) value = draws.both();
  double log_growth = 0;
  for (int step = 0; step < kBurnIn + kSteps; ++step) {
    double norm = 0;
    for (std::size_t r = 0; r < n; ++r) {
      double sum = 0;
      for (std::uint32_t e = w.begins[r]; e < w.begins[r + 1]; ++e) {
        sum += static_cast<double>(w.weights[e]) * x[w.columns[e]];
      }
      y[r] = sum;
      norm += sum * sum;
    }
    norm = std::sqrt(norm);
    if (norm < 1e-200) return 0;
    if (step >= kBurnIn) log_growth += std::log(norm);
    for (std::size_t r = 0; r < n; ++r) x[r] = y[r] / norm;
  }
  return std::exp(log_growth / kSteps);
}

Result<Network> Network::make(const NetworkSpec& spec) {
  QUERN_TRY(check_spec(spec));
  Network out(spec);
  const auto n_units = static_cast<std::size_t>(spec.n_units);
  Draws draws(spec.seed * 2 + 1);
  const bool has_signs = spec.wiring == Wiring::kColumn || spec.dynamics == Dynamics::kSpiking;
  std::vector<bool> inhibits(n_units, false);
  if (has_signs) {
    for (std::size_t i = 0; i < n_units; ++i) {
      inhibits[i] = draws.share() < static_cast<double>(spec.inhibitory);
    }
  }
  out.recurrent_ = spec.wiring == Wiring::kColumn
                       ? column_rows(draws, spec.n_units, inhibits)
                       : random_rows(draws, spec.n_units, spec.n_units, spec.n_links, 1);
  if (has_signs) give_signs(out.recurrent_, inhibits);
  // Matrices with signs by columns have a mean, which the circular law knows nothing of.
  const double radius = spec.scaling == Scaling::kMeasured || has_signs
                            ? measured_radius(out.recurrent_)
                            : expected_radius(out.recurrent_);
  // Rounded to 16 bits, so that the last bits of a library's logarithm do not matter.
  double factor = radius > 0 ? static_cast<double>(spec.spectral_radius) / radius : 0;
  int exponent = 0;
  const double mantissa = std::frexp(factor, &exponent);
  factor = std::ldexp(std::round(std::ldexp(mantissa, 16)), exponent - 16);
  for (float& weight : out.recurrent_.weights) {
    weight = static_cast<float>(static_cast<double>(weight) * factor);
  }
  const int n_heard =
      std::max(1, static_cast<int>(static_cast<double>(spec.input_density) * spec.d_in + 0.5));
  out.input_ =
      random_rows(draws, spec.n_units, spec.d_in, n_heard, static_cast<double>(spec.input_scale));
  if (spec.bias_scale > 0) {
    for (std::size_t i = 0; i < n_units; ++i) {
      out.bias_.push_back(static_cast<float>(static_cast<double>(spec.bias_scale) * draws.both()));
    }
  }
  return out;
}

}  // namespace quern::reservoir
