#include "models/vector_head.h"

#include <algorithm>

#include "base/check.h"
#include "base/profiler.h"
#include "models/pooling.h"
#include "models/scratch.h"

namespace quern::models {
namespace {

/// The vectors of sequences [first, first + n).
void pool_some(const VectorHead& head, const RaggedBatch& batch, Matrix<const float> hidden,
               int first, LastNorm last, ChainPlaces at, ThreadPool& pool, Matrix<float> out) {
  Matrix<float> pooled(at.x.data(), out.rows, head.n_pooled(hidden.cols));
  for (int s = 0; s < out.rows; ++s) {
    const auto start = batch.seq_starts[static_cast<std::size_t>(first + s)];
    const Matrix<const float> rows = hidden.block(start, batch.seq_len(first + s));
    std::span<float> to = pooled.row(s);
    for (const formats::Pooling pooling : head.poolings) {
      const auto d = static_cast<std::size_t>(hidden.cols);
      pool_rows(pooling, rows, batch.first_pooled(first + s), to.first(d));
      to = to.subspan(d);
    }
  }
  const Matrix<float> x = run_chain(head.chain, out.rows, pooled.cols, last, at, pool);
  for (int s = 0; s < out.rows; ++s) std::copy_n(x.row_data(s), out.cols, out.row_data(s));
}

}  // namespace

Result<VectorHead> load_vector_head(const formats::HeadFacts& facts, const std::string& folder,
                                    const TensorSource& own, const WeightRoom& room) {
  VectorHead head;
  head.poolings = facts.poolings;
  QUERN_ASSIGN(head.chain, load_module_chain(facts.modules, folder, own, room));
  return head;
}

std::size_t vector_scratch_bytes(const VectorHead& head, int d_model, int n_seqs) {
  return row_scratch_bytes(head.chain, head.n_pooled(d_model), n_seqs);
}

void pool_sequences(const VectorHead& head, const RaggedBatch& batch, Matrix<const float> hidden,
                    std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out,
                    LastNorm last) {
  QUERN_CHECK(out.same_shape(batch.n_seqs(), head.n_values(hidden.cols)));
  const StageTimer timer(Stage::kPooling, pool.n_threads());
  Carver carver(scratch);
  const ChainPlaces places =
      carve_chain(head.chain, head.n_pooled(hidden.cols), batch.n_seqs(), carver);
  for (int first = 0; first < out.rows; first += kChainRows) {
    const int n = std::min(kChainRows, out.rows - first);
    pool_some(head, batch, hidden, first, last, places, pool, out.block(first, n));
  }
}

void slice_and_normalize(std::vector<float>& vector, int dimensions) {
  QUERN_CHECK(dimensions > 0 && dimensions <= static_cast<int>(vector.size()));
  vector.resize(static_cast<std::size_t>(dimensions));
  normalize_row(vector);
}

}  // namespace quern::models
