#include "kernels/gram.h"

#include <algorithm>
#include <string_view>

#include "kernels/table.h"

namespace quern::kernels {
namespace {

// The loops once, compiled for each instruction set: what is inlined into a function takes its
// target. No target has fused multiply-adds, which would round otherwise.
#define QUERN_BODY static inline __attribute__((always_inline)) void

QUERN_BODY scaled(double a, const double* x, int n, double* y) {
  for (int i = 0; i < n; ++i) y[i] += a * x[i];
}

QUERN_BODY two(double a, const double* x, double b, const double* z, int n, double* y) {
  for (int i = 0; i < n; ++i) y[i] += a * x[i] + b * z[i];
}

// A row of s stays in the first-level cache while all rows of x are added to it.
QUERN_BODY gram(const double* x, int n, int d, double* s) {
  for (int i = 0; i < d; ++i) {
    double* row = s + static_cast<std::ptrdiff_t>(i) * d;
    for (int r = 0; r < n; ++r) {
      const double* x_row = x + static_cast<std::ptrdiff_t>(r) * d;
      scaled(x_row[i], x_row + i, d - i, row + i);
    }
  }
}

QUERN_BODY products(const double* x, const double* y, int n, int d_x, int d_y, double* t) {
  for (int i = 0; i < d_x; ++i) {
    double* row = t + static_cast<std::ptrdiff_t>(i) * d_y;
    for (int r = 0; r < n; ++r) {
      scaled(x[static_cast<std::ptrdiff_t>(r) * d_x + i], y + static_cast<std::ptrdiff_t>(r) * d_y,
             d_y, row);
    }
  }
}

#undef QUERN_BODY

struct GramIsa {
  void (*gram)(const double*, int, int, double*);
  void (*products)(const double*, const double*, int, int, int, double*);
  void (*two)(double, const double*, double, const double*, int, double*);
  void (*scaled)(double, const double*, int, double*);
};

#define QUERN_GRAM(NAME, TARGET)                                                               \
  struct NAME {                                                                                \
    TARGET static void gram_of(const double* x, int n, int d, double* s) { gram(x, n, d, s); } \
    TARGET static void products_of(const double* x, const double* y, int n, int d_x, int d_y,  \
                                   double* t) {                                                \
      products(x, y, n, d_x, d_y, t);                                                          \
    }                                                                                          \
    TARGET static void two_of(double a, const double* x, double b, const double* z, int n,     \
                              double* y) {                                                     \
      two(a, x, b, z, n, y);                                                                   \
    }                                                                                          \
    TARGET static void scaled_of(double a, const double* x, int n, double* y) {                \
      scaled(a, x, n, y);                                                                      \
    }                                                                                          \
    static constexpr GramIsa kIsa = {gram_of, products_of, two_of, scaled_of};                 \
  }

QUERN_GRAM(Plain, );
QUERN_GRAM(Avx2, __attribute__((target("avx2"))));
QUERN_GRAM(Avx512, __attribute__((target("avx512f,prefer-vector-width=512"))));

#undef QUERN_GRAM

const GramIsa& isa_of(const Table& table) {
  const std::string_view isa = table.isa;
  if (isa == "plain") return Plain::kIsa;
  return isa.starts_with("avx2") ? Avx2::kIsa : Avx512::kIsa;
}

const GramIsa& in_use() {
  static const GramIsa& isa = isa_of(active());
  return isa;
}

}  // namespace

void add_gram(const double* x, int n, int d, double* s) { in_use().gram(x, n, d, s); }

void add_products(const double* x, const double* y, int n, int d_x, int d_y, double* t) {
  in_use().products(x, y, n, d_x, d_y, t);
}

void add_two(double a, const double* x, double b, const double* z, int n, double* y) {
  in_use().two(a, x, b, z, n, y);
}

void add_scaled(double a, const double* x, int n, double* y) { in_use().scaled(a, x, n, y); }

}  // namespace quern::kernels
