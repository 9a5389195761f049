// The meaning of the products of codes: each other version gives these numbers.

#include "kernels/codes/codes_isa.h"

namespace quern::kernels {
namespace {

std::int32_t dot(const std::uint8_t* row, const std::int8_t* query, int d) {
  std::int32_t sum = 0;
  for (int c = 0; c < d; ++c) sum += (row[c] - 128) * query[c];
  return sum;
}

void dots(const CodeDots& t) {
  for (int q = 0; q < t.n_queries; ++q) {
    const std::int8_t* query = t.queries + std::ptrdiff_t{q} * t.d;
    for (int i = 0; i < t.n_rows; ++i) t.out[q * t.out_stride + i] = dot(t.row(i), query, t.d);
  }
}

}  // namespace

constinit const CodesIsa codes_plain = {.isa = "plain", .dots = dots};

}  // namespace quern::kernels
