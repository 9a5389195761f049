// The reader of a segment's graph: any bytes of the right lengths can be searched and verified
// without harm, and what is found is allowed.

#include "store/vector/graph_part.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "store/filter/bitmap.h"
#include "store/vector/graph_search.h"

namespace {

using namespace quern::store;

constexpr int kD = 3;
constexpr std::size_t kRowBytes = 64;

/// Codes and factors of the input's bytes, again and again.
struct Rows {
  std::vector<std::uint8_t> hi;
  std::vector<float> scales, norms2;

  Rows(std::span<const std::uint8_t> data, std::uint32_t n)
      : hi(n * kRowBytes), scales(n), norms2(n) {
    for (std::size_t i = 0; i < hi.size(); ++i) hi[i] = data[i % data.size()];
    for (std::uint32_t i = 0; i < n; ++i) {
      std::memcpy(&scales[i], hi.data() + i * kRowBytes, 4);
      std::memcpy(&norms2[i], hi.data() + i * kRowBytes + 4, 4);
    }
  }
  CodesView view(Metric metric) const {
    return {.metric = metric, .d = kD, .hi = hi, .scales = scales, .norms2 = norms2};
  }
};

std::vector<std::uint32_t> aligned(std::span<const std::uint8_t> data) {
  std::vector<std::uint32_t> out(data.size() / 4);
  if (!out.empty()) std::memcpy(out.data(), data.data(), out.size() * 4);
  return out;
}

}  // namespace

// n_docs, metric and filter, number of landmarks, then links and landmarks.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  if (n < 4) return 0;
  const std::uint32_t n_docs = data[0];
  const auto metric = static_cast<Metric>(data[1] % 3);
  const std::span<const std::uint8_t> all(data, n);
  const std::vector<std::uint32_t> numbers = aligned(all.subspan(4));
  const std::size_t n_landmarks = std::min<std::size_t>(data[2], numbers.size());
  const auto landmarks = std::span(numbers).last(n_landmarks);
  const auto links = std::span(numbers).first(numbers.size() - n_landmarks);
  const Rows rows(all, n_docs);
  const CodesView codes = rows.view(metric);
  const std::vector<std::byte> copies(n_landmarks * kRowBytes, std::byte{data[3]});
  const auto graph = open_graph({.links = std::as_bytes(links),
                                 .landmarks = std::as_bytes(landmarks),
                                 .landmark_rows = copies},
                                n_docs, kD);
  if (!graph.ok()) return 0;
  static_cast<void>(verify_graph(*graph, codes));

  const auto query = make_query(std::vector<float>{1, -2, 3}, kD, metric);
  QUERN_CHECK(query.ok());
  Bitmap allowed(n_docs);
  for (std::uint32_t i = 0; i < n_docs; ++i) {
    if ((data[1] / 3 + i * 7) % 16 < data[3] % 17u) allowed.set(i);
  }
  const auto words = allowed.words();
  GraphScratch scratch;
  for (const bool is_filtered : {false, true}) {
    const GraphSearch how{.width = 1 + data[3] % 20u,
                          .allowed = is_filtered ? &words : nullptr,
                          .n_allowed = allowed.count(),
                          .max_visits = data[2]};
    TopCandidates top(10);
    const GraphVisits visits = search_graph(*query, codes, *graph, how, scratch, top);
    QUERN_CHECK(visits.n_scored <= n_docs && visits.n_looked_through <= n_docs);
    for (const Candidate& c : top.take()) {
      QUERN_CHECK(c.id < n_docs && (!is_filtered || allowed.has(c.id)));
    }
  }
  return 0;
}
