// Running the sample texts through a model: what int8 packing equalises by, and what a precision is
// judged by.

#pragma once

#include <vector>

#include "base/byte_ledger.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "engine/model_card.h"
#include "models/encoder.h"

namespace quern::engine {

/// The sample texts as this model reads them, longest first; neighbours paired for a classifier
/// that takes pairs. What the model cannot read is left out.
std::vector<text::Encoding> sample_inputs(const ModelCard& card);

/// What a model makes of the samples, in their order.
struct SampleResults {
  int n_samples = 0;
  int n_labels = 0;  // 0 for an embedder.
  int d_state = 0;
  // [n_samples, d_state]: the vector, or the row a classifier reads.
  std::vector<float> states = {};
  std::vector<float> logits = {};  // [n_samples, n_labels]
};

/// Runs the samples, one a thread. With `seen`, for an f32 model only, also raises its maxima.
/// Numerics: the results do not depend on the number of threads.
/// Errors: kExhausted when the ledger has no room for the activations.
Result<SampleResults> run_samples(const ModelCard& card, const models::Encoder& model,
                                  const std::vector<text::Encoding>& samples, ByteLedger& ledger,
                                  ThreadPool& pool, models::Int8Calibration* seen = nullptr);

}  // namespace quern::engine
