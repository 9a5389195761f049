// The lengths of a field on disk: any bytes give lengths, or an error. The first byte is the number
// of documents.

#include "store/segment/field_lengths.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::store;
  if (n == 0) return 0;
  const auto lengths = FieldLengths::open(std::as_bytes(std::span(data + 1, n - 1)), data[0]);
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; lengths.ok() && i < lengths->n_docs(); ++i) sum += lengths->length(i);
  return sum > ~std::uint64_t{0} / 2 ? 1 : 0;
}
