#include "models/bert_steps.h"

#include <algorithm>
#include <cstring>

namespace quern::models {

void embed_rows(const BertModel& model, const RaggedBatch& batch, ThreadPool& pool,
                Matrix<float> x) {
  const auto row_bytes = static_cast<std::size_t>(x.cols) * sizeof(float);
  pool.parallel_for(batch.n_seqs(), [&](int seq, int) {
    const int first = batch.seq_starts[static_cast<std::size_t>(seq)];
    for (int t = 0; t < batch.seq_len(seq); ++t) {
      const auto row = static_cast<std::size_t>(first + t);
      float* out = x.row_data(first + t);
      std::memset(out, 0, row_bytes);
      model.token_embedding.add_row(batch.ids[row], out);
      model.type_embedding.add_row(batch.type_ids[row], out);
      model.position_embedding.add_row(t, out);
    }
  });
}

int longest_sequence(const RaggedBatch& batch) {
  int longest = 0;
  for (int i = 0; i < batch.n_seqs(); ++i) longest = std::max(longest, batch.seq_len(i));
  return longest;
}

kernels::Activation activation_of(formats::Activation activation) {
  switch (activation) {
    case formats::Activation::kGelu:
      return kernels::Activation::kGelu;
    case formats::Activation::kGeluTanh:
      return kernels::Activation::kGeluTanh;
    case formats::Activation::kRelu:
      return kernels::Activation::kRelu;
  }
  return kernels::Activation::kNone;
}

}  // namespace quern::models
