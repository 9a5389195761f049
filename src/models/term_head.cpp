#include "models/term_head.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "models/heads.h"
#include "models/scratch.h"
#include "models/steps.h"

namespace quern::models {
namespace {

// Rows that go through the head together: enough that the decoder's matrix is well used, as long as
// their logits take a few MB.
constexpr int kMostRows = 64;
constexpr int kFewestRows = 16;
constexpr int kLogitsAtOnce = 4 << 20;

int rows_at_once(const TermHead& head, int n_tokens) {
  const int n = std::clamp(kLogitsAtOnce / head.decoder.weight.n_out, kFewestRows, kMostRows);
  return std::min(n, n_tokens);
}

struct Places {
  Matrix<float> dense;          // [n, d_model]
  kernels::Activations normed;  // [n, d_model], as the decoder reads it
  Matrix<float> logits;         // [n, n_vocab]
};

Places carve(const TermHead& head, int n_tokens, Carver& carver) {
  const int n = rows_at_once(head, n_tokens);
  Places out;
  out.dense = carver.matrix<float>(n, head.dense.weight.n_out);
  out.normed = carver.rows(n, head.decoder.weight.n_in,
                           kernels::forms_read_by({&head.decoder}) | kernels::RowForm::kF32);
  out.logits = carver.matrix<float>(n, head.decoder.weight.n_out);
  return out;
}

float weight_of(const TermHead& head, float logit) {
  const float once = std::log1p(std::max(logit, 0.0f));
  return head.twice ? std::log1p(once) : once;
}

/// The logits of a row into what its text has so far.
void add_logits(const TermHead& head, std::span<const float> logits, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float logit = logits[i];
    // What is not a number stays that.
    const float largest = std::isnan(logit) ? logit : std::max(out[i], logit);
    out[i] = head.sums ? out[i] + weight_of(head, logit) : largest;
  }
}

}  // namespace

std::size_t term_scratch_bytes(const TermHead& head, int n_tokens) {
  if (head.empty()) return 0;
  Carver counting = Carver::counting();
  carve(head, n_tokens, counting);
  return counting.n_bytes();
}

void weigh_terms(const TermHead& head, const RaggedBatch& batch, Matrix<const float> hidden,
                 std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out) {
  QUERN_CHECK(out.same_shape(batch.n_seqs(), head.decoder.weight.n_out));
  for (int s = 0; s < out.rows; ++s) std::fill(out.row(s).begin(), out.row(s).end(), 0.0f);
  if (hidden.rows == 0) return;
  Carver carver(scratch);
  const Places at = carve(head, hidden.rows, carver);
  int seq = 0;
  for (int first = 0; first < hidden.rows; first += at.dense.rows) {
    const int n = std::min(at.dense.rows, hidden.rows - first);
    const Matrix<float> dense = at.dense.block(0, n);
    const Matrix<float> logits = at.logits.block(0, n);
    const Matrix<const float> rows = hidden.block(first, n);
    kernels::Activations in(dense);
    for (int r = 0; r < n; ++r) std::copy_n(rows.row_data(r), rows.cols, in.f32.row_data(r));
    kernels::multiply(in, {.linear = head.dense, .out = at.normed.block(0, n).f32}, pool);
    for (int r = 0; r < n; ++r) {
      std::transform(at.normed.f32.row(r).begin(), at.normed.f32.row(r).end(), dense.row(r).begin(),
                     [&](float v) { return activate(v, head.activation); });
    }
    norm_for({&head.decoder}, head.norm, dense, at.normed.block(0, n), pool);
    kernels::multiply(at.normed.block(0, n), {.linear = head.decoder, .out = logits}, pool);
    for (int r = 0; r < n; ++r) {
      ThreadPool::rest();
      while (first + r >= batch.seq_starts[static_cast<std::size_t>(seq) + 1]) ++seq;
      add_logits(head, logits.row(r), out.row(seq));
    }
  }
  if (head.sums) return;
  for (int s = 0; s < out.rows; ++s) {
    for (float& v : out.row(s)) v = weight_of(head, v);
  }
}

}  // namespace quern::models
