#include "reservoir/ridge.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/dot.h"
#include "kernels/gram.h"

namespace quern::reservoir {
namespace {

// Rows that are widened to f64 and added together.
constexpr std::size_t kRowsAtOnce = 16;

// Rows of the sums that a thread takes together.
constexpr int kSumsPerPart = 32;

constexpr double kNothing = 1e-100;

std::vector<double> widened(std::span<const float> x) { return {x.begin(), x.end()}; }

bool is_finite(std::span<const float> x) {
  return std::all_of(x.begin(), x.end(), [](float value) { return std::isfinite(value); });
}

/// (I - beta v v^T) times rows [first, first + v.size()) of `b` [*, d].
void reflect(std::span<const double> v, double beta, std::size_t first, int d,
             std::vector<double>& b, std::vector<double>& scratch) {
  const auto width = static_cast<std::size_t>(d);
  scratch.assign(width, 0);
  for (std::size_t i = 0; i < v.size(); ++i) {
    kernels::add_scaled(v[i], &b[(first + i) * width], d, scratch.data());
  }
  for (std::size_t i = 0; i < v.size(); ++i) {
    kernels::add_scaled(-beta * v[i], scratch.data(), d, &b[(first + i) * width]);
  }
}

/// v and beta such that (I - beta v v^T) x has only its first number, which is returned.
double reflector_of(std::span<double> x, double& beta) {
  const double norm = std::sqrt(dot(x, x));
  // What is left of inputs that follow from others shrinks from step to step, until its squares
  // are no numbers to divide by.
  if (!(norm > kNothing)) {
    std::fill(x.begin(), x.end(), 0.0);
    beta = 0;
    return 0;
  }
  const double first = x[0] > 0 ? -norm : norm;
  x[0] -= first;
  const double length = dot(x, x);
  beta = length > 0 ? 2 / length : 0;
  return first;
}

}  // namespace

void LinearReadout::apply(std::span<const float> x, std::span<float> out) const {
  QUERN_CHECK(x.size() == static_cast<std::size_t>(d_x));
  QUERN_CHECK(out.size() == static_cast<std::size_t>(d_y));
  std::copy(bias.begin(), bias.end(), out.begin());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float* row = &weights[i * out.size()];
    for (std::size_t j = 0; j < out.size(); ++j) out[j] += x[i] * row[j];
  }
}

RidgeSums::RidgeSums(int d_x, int d_y) : d_x_(d_x), d_y_(d_y) {
  QUERN_CHECK(d_x >= 1 && d_y >= 1);
  const auto nx = static_cast<std::size_t>(d_x), ny = static_cast<std::size_t>(d_y);
  xx_.resize(nx * nx);
  xy_.resize(nx * ny);
  x_.resize(nx);
  y_.resize(ny);
}

Status RidgeSums::add(std::span<const float> x, std::span<const float> y, ThreadPool& pool) {
  const std::size_t nx = x_.size(), ny = y_.size(), n = x.size() / nx;
  QUERN_CHECK(x.size() == n * nx && y.size() == n * ny);
  if (!is_finite(x) || !is_finite(y)) {
    return {Code::kBadInput, "a row to fit a readout on has numbers that are not finite"};
  }
  for (std::size_t first = 0; first < n; first += kRowsAtOnce) {
    const std::size_t rows = std::min(kRowsAtOnce, n - first);
    const std::vector<double> xs = widened(x.subspan(first * nx, rows * nx));
    const std::vector<double> ys = widened(y.subspan(first * ny, rows * ny));
    pool.parallel_for((d_x_ + kSumsPerPart - 1) / kSumsPerPart, [&](int part, int) {
      const kernels::GramRows some = {.n = static_cast<int>(rows),
                                      .first = part * kSumsPerPart,
                                      .last = std::min(d_x_, (part + 1) * kSumsPerPart)};
      kernels::add_gram(some, xs.data(), d_x_, xx_.data());
      kernels::add_products(some, xs.data(), d_x_, ys.data(), d_y_, xy_.data());
    });
    for (std::size_t r = 0; r < rows; ++r) {
      kernels::add_scaled(1, &xs[r * nx], d_x_, x_.data());
      kernels::add_scaled(1, &ys[r * ny], d_y_, y_.data());
    }
    yy_ += dot(ys, ys);
  }
  n_ += static_cast<std::int64_t>(n);
  return {};
}

RidgeSums RidgeSums::of_columns(std::span<const int> columns) const {
  RidgeSums out(static_cast<int>(columns.size()), d_y_);
  const std::size_t nx = x_.size(), ny = y_.size(), n = columns.size();
  for (std::size_t i = 0; i < n; ++i) {
    const auto from = static_cast<std::size_t>(columns[i]);
    QUERN_CHECK(from < nx && (i == 0 || columns[i] > columns[i - 1]));
    for (std::size_t j = i; j < n; ++j) {
      out.xx_[i * n + j] = xx_[from * nx + static_cast<std::size_t>(columns[j])];
    }
    std::copy_n(&xy_[from * ny], ny, &out.xy_[i * ny]);
    out.x_[i] = x_[from];
  }
  out.n_ = n_;
  out.y_ = y_;
  out.yy_ = yy_;
  return out;
}

void RidgeSums::combine(const RidgeSums& other, double sign) {
  QUERN_CHECK(d_x_ == other.d_x_ && d_y_ == other.d_y_);
  const auto add = [&](std::vector<double>& to, const std::vector<double>& from) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += sign * from[i];
  };
  add(xx_, other.xx_);
  add(xy_, other.xy_);
  add(x_, other.x_);
  add(y_, other.y_);
  yy_ += sign * other.yy_;
  n_ += sign > 0 ? other.n_ : -other.n_;
}

void RidgeSums::add(const RidgeSums& other) { combine(other, 1); }
void RidgeSums::remove(const RidgeSums& other) { combine(other, -1); }

// sum |y|^2 - 2 y.W^T x - 2 y.b + 2 b.W^T x + |W^T x|^2 + |b|^2
Result<double> RidgeSums::mean_error(const LinearReadout& readout) const {
  QUERN_CHECK(readout.d_x == d_x_ && readout.d_y == d_y_);
  if (n_ < 1) return {Code::kBadInput, "there are no rows to measure a readout on"};
  const std::size_t nx = x_.size(), ny = y_.size();
  const std::vector<double> w = widened(readout.weights), b = widened(readout.bias);
  double sum = yy_ + static_cast<double>(n_) * dot(b, b) - 2 * dot(y_, b);
  std::vector<double> row(ny);  // Of S W, from both halves of S.
  for (std::size_t i = 0; i < nx; ++i) {
    std::fill(row.begin(), row.end(), 0);
    for (std::size_t j = 0; j < nx; ++j) {
      const double s = j >= i ? xx_[i * nx + j] : xx_[j * nx + i];
      kernels::add_scaled(s, &w[j * ny], d_y_, row.data());
    }
    kernels::add_two(-2, &xy_[i * ny], 2 * x_[i], b.data(), d_y_, row.data());
    sum += dot(row, std::span(w).subspan(i * ny, ny));
  }
  return sum / static_cast<double>(n_);
}

Result<RidgeFit> RidgeFit::make(const RidgeSums& sums) {
  if (sums.n_ < 2) {
    return {Code::kBadInput,
            fmt::format("a readout is fitted on {} rows, want two and more", sums.n_)};
  }
  RidgeFit out;
  out.d_x_ = sums.d_x_;
  out.d_y_ = sums.d_y_;
  const std::size_t n = sums.x_.size();
  const double n_rows = static_cast<double>(sums.n_);
  out.mean_x_ = sums.x_;
  out.mean_y_ = sums.y_;
  for (double& mean : out.mean_x_) mean /= n_rows;
  for (double& mean : out.mean_y_) mean /= n_rows;
  std::vector<double> a(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i; j < n; ++j) {
      a[i * n + j] = a[j * n + i] = sums.xx_[i * n + j] - n_rows * out.mean_x_[i] * out.mean_x_[j];
    }
  }
  out.right_ = sums.xy_;
  for (std::size_t i = 0; i < n; ++i) {
    kernels::add_scaled(-n_rows * out.mean_x_[i], out.mean_y_.data(), sums.d_y_,
                        &out.right_[i * out.mean_y_.size()]);
  }
  out.factors_.assign(n, 0);
  out.diagonal_.resize(n);
  out.off_.assign(n, 0);
  std::vector<double> p(n), scratch;
  for (std::size_t k = 0; k + 1 < n; ++k) {
    const std::size_t m = n - k - 1;
    const std::span<double> v(&a[k * n + k + 1], m);
    out.off_[k] = reflector_of(v, out.factors_[k]);
    const double beta = out.factors_[k];
    // p = beta A v, w = p - (beta p.v / 2) v, A -= v w^T + w v^T
    std::fill_n(p.begin(), m, 0.0);
    for (std::size_t j = 0; j < m; ++j) {
      kernels::add_scaled(beta * v[j], &a[(k + 1 + j) * n + k + 1], static_cast<int>(m), p.data());
    }
    const double half = beta * dot(std::span(p).first(m), v) / 2;
    kernels::add_scaled(-half, v.data(), static_cast<int>(m), p.data());
    for (std::size_t i = 0; i < m; ++i) {
      kernels::add_two(-v[i], p.data(), -p[i], v.data(), static_cast<int>(m),
                       &a[(k + 1 + i) * n + k + 1]);
    }
    reflect(v, beta, k + 1, out.d_y_, out.right_, scratch);
  }
  for (std::size_t k = 0; k < n; ++k) out.diagonal_[k] = a[k * n + k];
  out.reflectors_ = std::move(a);
  return out;
}

Result<LinearReadout> RidgeFit::solve(double lambda) const {
  if (!(lambda >= 0) || !std::isfinite(lambda)) {
    return {Code::kBadInput, fmt::format("a ridge of {}, wanted 0 and more", lambda)};
  }
  const auto n = static_cast<std::size_t>(d_x_), ny = static_cast<std::size_t>(d_y_);
  double most = 0;
  for (const double d : diagonal_) most = std::max(most, std::fabs(d));
  std::vector<double> z = right_, pivots(n);
  const double least = most * static_cast<double>(n) * std::numeric_limits<double>::epsilon();
  for (std::size_t k = 0; k < n; ++k) {
    pivots[k] = diagonal_[k] + lambda;
    if (k > 0) {
      const double factor = off_[k - 1] / pivots[k - 1];
      pivots[k] -= factor * off_[k - 1];
      kernels::add_scaled(-factor, &z[(k - 1) * ny], d_y_, &z[k * ny]);
    }
    if (!(pivots[k] > least) || pivots[k] == 0) {
      return {Code::kBadInput,
              fmt::format("a readout with a ridge of {} is not determined: some of its {} inputs "
                          "follow from others or are constant; a larger ridge helps",
                          lambda, d_x_)};
    }
  }
  std::vector<double> scratch;
  for (std::size_t k = n; k-- > 0;) {
    if (k + 1 < n) kernels::add_scaled(-off_[k], &z[(k + 1) * ny], d_y_, &z[k * ny]);
    for (std::size_t j = 0; j < ny; ++j) z[k * ny + j] /= pivots[k];
  }
  for (std::size_t k = n - 1; k-- > 0;) {
    reflect(std::span(&reflectors_[k * n + k + 1], n - k - 1), factors_[k], k + 1, d_y_, z,
            scratch);
  }
  LinearReadout out = {.d_x = d_x_, .d_y = d_y_};
  out.weights.assign(z.begin(), z.end());
  std::vector<double> bias = mean_y_;
  for (std::size_t i = 0; i < n; ++i) {
    kernels::add_scaled(-mean_x_[i], &z[i * ny], d_y_, bias.data());
  }
  out.bias.assign(bias.begin(), bias.end());
  return out;
}

Result<double> choose_lambda(std::span<const RidgeSums> folds, std::span<const double> lambdas) {
  if (folds.size() < 2) {
    return {Code::kBadInput,
            fmt::format("a ridge is chosen by {} folds, want two and more", folds.size())};
  }
  std::vector<double> errors(lambdas.size(), 0);
  Status problem(Code::kBadInput, "no ridge to choose from");
  for (std::size_t f = 0; f < folds.size(); ++f) {
    RidgeSums others(folds[0].d_x(), folds[0].d_y());
    for (std::size_t g = 0; g < folds.size(); ++g) {
      if (g != f) others.add(folds[g]);
    }
    QUERN_ASSIGN(const RidgeFit fit, RidgeFit::make(others));
    for (std::size_t l = 0; l < lambdas.size(); ++l) {
      const Result<LinearReadout> readout = fit.solve(lambdas[l]);
      if (!readout.ok()) {
        problem = readout.status();
        errors[l] = std::numeric_limits<double>::infinity();
        continue;
      }
      QUERN_ASSIGN(const double error, folds[f].mean_error(*readout));
      errors[l] += error;
    }
  }
  const auto best = std::min_element(errors.begin(), errors.end());
  if (best == errors.end() || !std::isfinite(*best)) return problem;
  return lambdas[static_cast<std::size_t>(best - errors.begin())];
}

}  // namespace quern::reservoir
