// The reader of a segment's vectors: any bytes of the right lengths can be searched without harm.

#include "store/vector/vector_part.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"

namespace {

using namespace quern::store;

/// The input again and again, as floats are aligned.
std::vector<float> repeated(std::span<const std::uint8_t> data, std::size_t n_bytes) {
  std::vector<float> out(n_bytes / sizeof(float));
  auto* bytes = reinterpret_cast<std::uint8_t*>(out.data());
  for (std::size_t i = 0; i < n_bytes; ++i) bytes[i] = data[i % data.size()];
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  if (n < 3) return 0;
  const std::uint32_t n_docs = data[0];
  const auto metric = static_cast<Metric>(data[1] % 3);
  const std::size_t n_present = std::min<std::size_t>(data[2], n - 3);
  const std::span<const std::uint8_t> all(data, n);
  const std::vector<float> numbers = repeated(all, std::size_t{n_docs} * 64);
  const auto bytes = std::as_bytes(std::span(numbers));
  const auto part = VectorPart::open({.present = std::as_bytes(all.subspan(3, n_present)),
                                      .scales = bytes.first(n_docs * 4),
                                      .norms2 = bytes.first(n_docs * 4),
                                      .hi = bytes},
                                     n_docs, 3, metric);
  if (!part.ok()) return 0;
  const auto query = make_query(std::vector<float>{1, -2, 3}, 3, metric);
  QUERN_CHECK(query.ok());
  const ReadLow low = [&](std::span<const std::uint32_t> ids, std::span<std::uint8_t> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = data[(ids[i / 64] + i) % n];
    return quern::Status();
  };
  const auto words = part->present().words();
  const auto best = nearest(*query, part->codes(), low, &words, 10, quern::ThreadPool::serial());
  QUERN_CHECK(best.ok() && best->size() <= 10);
  for (const Candidate& c : *best) QUERN_CHECK(part->present().has(c.id));
  return 0;
}
