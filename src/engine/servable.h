// What the scheduler needs of an encoder's weights: batches of token ids into numbers. Implemented
// by load/encoder_servable.h over models/encoder.h, and by fakes in tests.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "engine/model_card.h"
#include "models/encoder.h"
#include "tensor/matrix.h"

namespace quern::engine {

/// Weights that are ready to run: of a Servable, or of a GenerativeModel (generative_model.h).
class LoadedWeights {
 public:
  virtual ~LoadedWeights() = default;

  /// Null where all of them stay in memory.
  virtual models::SectionStream* stream() const { return nullptr; }
};

/// Immutable once loaded. Threads: all functions may be called from any thread.
class Servable : public LoadedWeights {
 public:
  /// Numbers that a pass makes, for each input or for each of its tokens.
  virtual formats::OutputShape shape_of(const OutputForm& form) const = 0;

  /// Tokens per batch that suit this model on this machine.
  virtual int batch_tokens() const = 0;

  /// Enough for every form.
  virtual std::size_t scratch_bytes(int n_tokens, int longest, int n_threads) const = 0;

  /// Shapes: out [n_seqs, n_values] or [n_tokens, n_values], as shape_of says; scratch of at least
  /// scratch_bytes(...), 64-byte aligned.
  virtual void forward(const OutputForm& form, const models::RaggedBatch& batch,
                       std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out) const = 0;
};

}  // namespace quern::engine
