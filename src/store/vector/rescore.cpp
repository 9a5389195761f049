#include "store/vector/rescore.h"

#include <cmath>
#include <limits>

#include "base/check.h"

namespace quern::store {
namespace {

/// The products of a query's two planes with one plane of some rows: [2, n_rows].
std::vector<std::int32_t> products(const VectorQuery& query, const std::uint8_t* rows,
                                   const std::uint32_t* ids, std::size_t n_rows) {
  std::vector<std::int32_t> out(2 * n_rows);
  kernels::code_dots({.rows = rows,
                      .ids = ids,
                      .n_rows = static_cast<int>(n_rows),
                      .d = kernels::padded_codes(query.d),
                      .queries = query.planes.data(),
                      .n_queries = 2,
                      .out = out.data(),
                      .out_stride = static_cast<std::ptrdiff_t>(n_rows)});
  return out;
}

}  // namespace

Status rescore(const VectorQuery& query, const CodesView& codes, const ReadLow& read_low,
               std::span<Candidate> candidates) {
  QUERN_CHECK(query.d == codes.d && query.metric == codes.metric);
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
  const std::size_t n = candidates.size();
  std::vector<std::uint32_t> ids;
  for (const Candidate& c : candidates) ids.push_back(c.id);
  std::vector<std::uint8_t> low(n * static_cast<std::size_t>(kernels::padded_codes(codes.d)));
  QUERN_TRY(read_low(ids, low));

  const std::vector<std::int32_t> with_hi = products(query, codes.hi.data(), ids.data(), n);
  const std::vector<std::int32_t> with_lo = products(query, low.data(), nullptr, n);
  for (std::size_t i = 0; i < n; ++i) {
    const CodeFactors row{codes.scales[ids[i]], codes.norms2.empty() ? 0 : codes.norms2[ids[i]]};
    const float score = full_score(query, row,
                                   {.hi_hi = with_hi[i],
                                    .hi_lo = with_lo[i],
                                    .lo_hi = with_hi[n + i],
                                    .lo_lo = with_lo[n + i]});
    candidates[i].score = std::isnan(score) ? -std::numeric_limits<float>::infinity() : score;
  }
  std::sort(candidates.begin(), candidates.end(), is_better);
  return {};
}

Result<std::vector<Candidate>> nearest(const VectorQuery& query, const CodesView& codes,
                                       const ReadLow& read_low, AllowedRows allowed, std::size_t k,
                                       ThreadPool& pool) {
  TopCandidates top(n_to_rescore(k));
  QUERN_TRY(scan_codes({&query, 1}, codes, allowed, pool, {&top, 1}));
  std::vector<Candidate> best = top.take();
  QUERN_TRY(rescore(query, codes, read_low, best));
  if (best.size() > k) best.resize(k);
  return best;
}

}  // namespace quern::store
