#include "kernels/gram.h"

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
QUERN_BODY gram(const GramRows& rows, const double* x, int d, double* s) {
  for (int i = rows.first; i < rows.last; ++i) {
    double* row = s + static_cast<std::ptrdiff_t>(i) * d;
    for (int r = 0; r < rows.n; ++r) {
      const double* x_row = x + static_cast<std::ptrdiff_t>(r) * d;
      scaled(x_row[i], x_row + i, d - i, row + i);
    }
  }
}

QUERN_BODY products(const GramRows& rows, const double* x, int d_x, const double* y, int d_y,
                    double* t) {
  for (int i = rows.first; i < rows.last; ++i) {
    double* row = t + static_cast<std::ptrdiff_t>(i) * d_y;
    for (int r = 0; r < rows.n; ++r) {
      scaled(x[static_cast<std::ptrdiff_t>(r) * d_x + i], y + static_cast<std::ptrdiff_t>(r) * d_y,
             d_y, row);
    }
  }
}

#undef QUERN_BODY

#define QUERN_GRAM(NAME, TARGET)                                                           \
  struct NAME {                                                                            \
    TARGET static void gram_of(const GramRows& rows, const double* x, int d, double* s) {  \
      gram(rows, x, d, s);                                                                 \
    }                                                                                      \
    TARGET static void products_of(const GramRows& rows, const double* x, int d_x,         \
                                   const double* y, int d_y, double* t) {                  \
      products(rows, x, d_x, y, d_y, t);                                                   \
    }                                                                                      \
    TARGET static void two_of(double a, const double* x, double b, const double* z, int n, \
                              double* y) {                                                 \
      two(a, x, b, z, n, y);                                                               \
    }                                                                                      \
    TARGET static void scaled_of(double a, const double* x, int n, double* y) {            \
      scaled(a, x, n, y);                                                                  \
    }                                                                                      \
    static constexpr GramIsa kIsa = {gram_of, products_of, two_of, scaled_of};             \
  }

QUERN_GRAM(Plain, );
QUERN_GRAM(Avx2, __attribute__((target("avx2"))));
QUERN_GRAM(Avx512, __attribute__((target("avx512f,prefer-vector-width=512"))));

#undef QUERN_GRAM

}  // namespace

constinit const GramIsa gram_plain = Plain::kIsa;
constinit const GramIsa gram_avx2 = Avx2::kIsa;
constinit const GramIsa gram_avx512 = Avx512::kIsa;

void add_gram(const GramRows& rows, const double* x, int d, double* s) {
  active().gram->gram(rows, x, d, s);
}

void add_products(const GramRows& rows, const double* x, int d_x, const double* y, int d_y,
                  double* t) {
  active().gram->products(rows, x, d_x, y, d_y, t);
}

void add_two(double a, const double* x, double b, const double* z, int n, double* y) {
  active().gram->two(a, x, b, z, n, y);
}

void add_scaled(double a, const double* x, int n, double* y) { active().gram->scaled(a, x, n, y); }

}  // namespace quern::kernels
