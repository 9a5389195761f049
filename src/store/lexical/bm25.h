// BM25 as Lucene computes it, with sums that do not depend on their order.
//
// Source: Robertson and Zaragoza 2009; Lucene's BM25Similarity and SmallFloat. A term's part of a
// score is Lucene's f32, put on a grid of 2^-32: sums below 2^21 are then exact in f64, so that
// segments, windows and the order of terms change no bit, and bounds compare without margins.

#pragma once

#include <array>
#include <cstdint>

namespace quern::store {

struct Bm25Parameters {
  float k1 = 1.2f;
  float b = 0.75f;
};

/// Of one field, over the documents that live.
struct FieldStats {
  std::int64_t n_docs = 0;    // Those that have the field.
  std::int64_t n_tokens = 0;  // In all of them.

  bool operator==(const FieldStats&) const = default;
};

/// Lucene's byte for a field of so many tokens: exact to 40, then four significant bits. Longer
/// fields never have the smaller byte.
std::uint8_t norm_from_length(std::uint32_t n_tokens);

/// The least length that has this byte.
std::uint32_t length_from_norm(std::uint8_t norm);

/// ln(1 + (n_docs - n_with + 0.5) / (n_with + 0.5)), in f64, as f32. Above 0 for n_with <= n_docs.
float bm25_idf(std::int64_t n_docs, std::int64_t n_with);

/// 1 / (k1 * (1 - b + b * length / average length)) for each norm.
using InverseNorms = std::array<float, 256>;
InverseNorms inverse_norms(const Bm25Parameters& parameters, const FieldStats& stats);

/// The distance of two neighbours on the grid of scores.
constexpr double kScoreStep = 1.0 / (1ll << 32);

/// A boost may be as large, and a query may have as many different terms. A term that comes more
/// often is boosted by that: with boosts of so much together, sums stay below 2^21.
constexpr float kMaxBoost = 64;
constexpr int kMaxQueryTerms = 1024;
constexpr double kMaxBoosts = 65536;

/// The nearest value of the grid. `score` is below 2^19.
inline double on_score_grid(float score) {
  constexpr double kShift =
      1.5 * (1 << 20);  // From here to 2^21, neighbours in f64 are 2^-32 apart.
  return (static_cast<double>(score) + kShift) - kShift;
}

/// What a term that occurs tf times adds to a score: weight * tf / (tf + 1 / inverse_norm), in the
/// form of Lucene's that falls with neither tf nor weight, also after rounding. `weight` is boost
/// times idf; tf may be a fraction (a sloppy phrase's).
inline double bm25_part(float weight, float tf, float inverse_norm) {
  return on_score_grid(weight - weight / (1.0f + tf * inverse_norm));
}

}  // namespace quern::store
