#include "kernels/linear.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/products.h"

namespace quern::kernels {
namespace {

using Kind = WeightFormat::Kind;
using Job = void (*)(const Activations&, std::span<const Product>, ThreadPool&);

Job job_of(const Weight& w) {
  switch (w.format.row_form()) {
    case RowForm::kF32:
    case RowForm::kBf16:
      return multiply_elements;
    case RowForm::kInt8:
      return multiply_int8;
    case RowForm::kBlocks:
      return multiply_blocks;
  }
  return nullptr;
}

template <typename T>
bool fits(const Matrix<T>& m, int n_rows, int n_cols) {
  return m.data == nullptr || m.same_shape(n_rows, n_cols);
}

void check_rows(const Activations& a, int n_rows, int n_cols) {
  QUERN_CHECK(a.n_rows == n_rows && a.n_cols == n_cols);
  QUERN_CHECK(fits(a.f32, n_rows, n_cols) && fits(a.bf16, n_rows, n_cols));
  QUERN_CHECK(a.int8.data == nullptr || (a.int8.n_rows == n_rows && a.int8.n_in == n_cols));
  QUERN_CHECK(a.blocks.data == nullptr || (a.blocks.n_rows == n_rows && a.blocks.n_in == n_cols));
}

void check(const Activations& x, const Product& p) {
  const Weight& w = p.linear.weight;
  check_rows(x, x.n_rows, w.n_in);
  check_rows(p.out, x.n_rows, w.n_out);
  QUERN_CHECK(x.forms().has(w.format.row_form()));
  QUERN_CHECK(p.linear.bias.empty() || static_cast<int>(p.linear.bias.size()) == w.n_out);
  QUERN_CHECK(fits(p.residual, x.n_rows, w.n_out));
}

/// The forms of the result that the product itself does not make.
Activations forms_left(const Product& p) {
  Activations left = p.out;
  left.bf16 = {};
  if (p.linear.weight.format.kind == Kind::kInt8) left.int8 = {};
  return left;
}

}  // namespace

RowForms forms_read_by(std::initializer_list<const Linear*> layers) {
  RowForms out;
  for (const Linear* layer : layers) {
    if (!layer->empty()) out = out | layer->weight.format.row_form();
  }
  return out;
}

void multiply(const Activations& x, std::span<const Product> products, ThreadPool& pool) {
  if (x.n_rows == 0) return;
  for (const Product& p : products) check(x, p);
  for (std::size_t first = 0; first < products.size();) {
    const Job job = job_of(products[first].linear.weight);
    std::size_t end = first + 1;
    while (end < products.size() && job_of(products[end].linear.weight) == job) ++end;
    job(x, products.subspan(first, end - first), pool);
    first = end;
  }
  for (const Product& p : products) convert_rows(forms_left(p), pool);
}

void multiply(const Activations& x, const Product& product, ThreadPool& pool) {
  multiply(x, {&product, 1}, pool);
}

}  // namespace quern::kernels
