// One order out of two scores. Every candidate of the union has both scores: what only one side
// found was scored on the other side too, so that no zero is made up. Ranks are those of each
// side's own list.
//
// Source: min-max and its weight: Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for
//   Hybrid Retrieval" (ACM TOIS 42); RRF: Cormack, Clarke and Buettcher 2009 (SIGIR); DBSF: Mazzeo
//   2023, as in Qdrant.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"

namespace quern::store {

enum class FusionKind {
  kMinMax,  // lexical s / max, dense (s - min) / (max - min)
  kZScore,  // (s - mean) / deviation
  kRrf,     // (k + 1) / (k + rank), nothing for what a side did not find
  kDbsf,    // mean +- 3 deviations to 0 to 1, clipped
};

struct FusionSpec {
  FusionKind kind = FusionKind::kMinMax;
  double alpha = 0.5;  // The dense side's weight, 0 to 1; the lexical side has the rest.
  double k = 60;       // Of RRF.
};

struct Scored {
  std::uint32_t id = 0;  // In the order of keys: the last to break a tie.
  double lexical = 0;    // >= 0
  double dense = 0;
  int lexical_rank = 0;  // From 1; 0 for what the side did not find.
  int dense_rank = 0;

  // What a fitted fusion (fusion_fit.h) looks at besides; 0 where none is in use.
  double idf_share = 0;   // Of the query's idf, how much is in the document.
  double log_length = 0;  // The logarithm of its terms.
  double proximity = 0;   // 0 to 1: how close the query's terms stand.

  double fused = 0;
};

/// "minmax", "zscore", "rrf", "dbsf".
const char* fusion_name(FusionKind kind);
/// Errors: kBadInput naming the known ones.
Result<FusionKind> fusion_from_name(std::string_view name);

/// Errors: kBadInput for an alpha outside 0 to 1 or a k that is not above 0.
Status check_fusion(const FusionSpec& spec);

/// Sets `fused` and sorts: the best first, equals by their better rank, then by id. Where all
/// scores of a side are alike it says nothing: 0.5 for all, 0 as a z-score.
void fuse(const FusionSpec& spec, std::span<Scored> candidates);

/// By `fused`, better rank, id, as fuse() leaves them.
void sort_by_fused(std::span<Scored> candidates);

/// How far the first of the fused is ahead, 0 to 1: (s1 - s2) / (s1 - sn), if both sides have it
/// first, else 0; 1 for a single candidate. From some value on, reranking only costs.
double lead_of_first(std::span<const Scored> fused);

}  // namespace quern::store
