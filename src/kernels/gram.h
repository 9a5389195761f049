// Sums in f64 that linear readouts are fitted from. Every instruction set gives the same bits: a
// sum's terms are added one by one in the order of the rows, products and sums rounded apart.

#pragma once

#include <cstddef>

namespace quern::kernels {

/// Which sums, of how many rows.
struct GramRows {
  int n = 0;  // Rows of x (and y) that are added.
  int first = 0;
  int last = 0;  // The sums' rows [first, last): each may be a thread's own.
};

/// s[i, j] += sum over r of x[r, i] * x[r, j] for j >= i; what is below the diagonal stays.
/// Shapes: x [n, d], s [d, d].
void add_gram(const GramRows& rows, const double* x, int d, double* s);

/// t[i, j] += sum over r of x[r, i] * y[r, j]. Shapes: x [n, d_x], y [n, d_y], t [d_x, d_y].
void add_products(const GramRows& rows, const double* x, int d_x, const double* y, int d_y,
                  double* t);

/// y[i] += a * x[i] + b * z[i] for i < n. Shapes: [n].
void add_two(double a, const double* x, double b, const double* z, int n, double* y);

/// y[i] += a * x[i]. Shapes: [n].
void add_scaled(double a, const double* x, int n, double* y);

/// The above of an instruction set.
struct GramIsa {
  void (*gram)(const GramRows& rows, const double* x, int d, double* s);
  void (*products)(const GramRows& rows, const double* x, int d_x, const double* y, int d_y,
                   double* t);
  void (*two)(double a, const double* x, double b, const double* z, int n, double* y);
  void (*scaled)(double a, const double* x, int n, double* y);
};

extern const GramIsa gram_plain;
extern const GramIsa gram_avx2;
extern const GramIsa gram_avx512;

}  // namespace quern::kernels
