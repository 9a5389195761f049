// Vectors of a segment for the tests of this folder.

#pragma once

#include <random>
#include <vector>

#include "store/vector/rescore.h"
#include "store/vector/vector_scan.h"

namespace quern::store {

/// Normally distributed, each number smaller than the one before, as embeddings' spectra fall.
inline std::vector<float> falling_vector(int d, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out(static_cast<std::size_t>(d));
  for (int i = 0; i < d; ++i) {
    out[static_cast<std::size_t>(i)] = normal(random) / static_cast<float>(1 + i % 50);
  }
  return out;
}

/// Quantised rows that own their memory.
struct CodedRows {
  Metric metric;
  int d;
  std::vector<std::vector<float>> originals;
  std::vector<std::uint8_t> hi, lo;
  std::vector<float> scales, norms2;

  CodedRows(Metric m, int width) : metric(m), d(width) {}

  Status add(const std::vector<float>& x) {
    const auto d_padded = static_cast<std::size_t>(kernels::padded_codes(d));
    hi.resize(hi.size() + d_padded);
    lo.resize(lo.size() + d_padded);
    QUERN_ASSIGN(const CodeFactors factors,
                 quantise(x, metric, std::span(hi).last(d_padded), std::span(lo).last(d_padded)));
    scales.push_back(factors.scale);
    norms2.push_back(factors.norm2);
    originals.push_back(x);
    return {};
  }

  CodesView view() const {
    return {.metric = metric, .d = d, .hi = hi, .scales = scales, .norms2 = norms2};
  }

  ReadLow read_low() const {
    return [this](std::span<const std::uint32_t> ids, std::span<std::uint8_t> out) -> Status {
      const auto d_padded = static_cast<std::size_t>(kernels::padded_codes(d));
      for (std::size_t i = 0; i < ids.size(); ++i) {
        std::copy_n(lo.data() + ids[i] * d_padded, d_padded, out.data() + i * d_padded);
      }
      return {};
    };
  }
};

}  // namespace quern::store
