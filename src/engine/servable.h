// What the scheduler needs of an encoder: inputs into token ids, and batches of ids into numbers.
// Implemented by load/folder_source.cpp over models/encoder.h, and by fakes in tests.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "models/encoder.h"
#include "tensor/matrix.h"
#include "text/tokenizer.h"

namespace quern::engine {

/// What is done to a vector after it is sliced.
enum class Slice {
  kNormalize,  // To length 1: what a request asks for.
  kCutOnly,    // What a model's own truncate_dim asks for, as in sentence-transformers.
};

/// A request's wishes, checked against the model and resolved: what each input is encoded with.
struct Plan {
  std::string prompt;  // The text itself, "" for none.
  int max_tokens = 0;  // > 0, at most the model's positions.
  Truncation truncation = Truncation::kCut;
  std::optional<text::TruncationSide> truncation_side = {};
  int slice_to = 0;  // Keep this many numbers; 0: the vector as it is.
  Slice slice = Slice::kNormalize;
};

/// Weights that are ready to run: of a Servable, or of a GenerativeModel (generative_model.h).
class LoadedWeights {
 public:
  virtual ~LoadedWeights() = default;
};

/// Immutable once loaded. Threads: all functions may be called from any thread.
class Servable : public LoadedWeights {
 public:
  /// Errors: kBadInput, kUnsupported: this input alone cannot be run.
  virtual Result<text::Encoding> encode(const Plan& plan, const Input& input) const = 0;

  /// Numbers per input.
  virtual int n_values() const = 0;

  /// Tokens per batch that suit this model on this machine.
  virtual int batch_tokens() const = 0;

  virtual std::size_t scratch_bytes(int n_tokens, int longest, int n_threads) const = 0;

  /// Shapes: out [n_seqs, n_values]; scratch of at least scratch_bytes(...), 64-byte aligned.
  virtual void forward(const models::RaggedBatch& batch, std::span<std::byte> scratch,
                       ThreadPool& pool, Matrix<float> out) const = 0;

  /// What the plan asks of one finished row, in place.
  virtual void finish(const Plan& plan, std::vector<float>& values) const = 0;
};

}  // namespace quern::engine
