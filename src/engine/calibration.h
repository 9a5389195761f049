// Running the sample texts through a model: what int8 packing equalises by, and how faithful a
// precision is to f32.

#pragma once

#include "base/byte_ledger.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "engine/model_card.h"
#include "models/bert.h"

namespace quern::engine {

/// The largest channel magnitudes of an f32 model over the sample texts.
/// Errors: kExhausted when the ledger has no room for one text's activations.
Result<models::Int8Calibration> calibrate(const ModelCard& card, const models::BertModel& f32,
                                          ByteLedger& ledger);

/// Cosine of a model's vectors (of hidden rows pooled and normalised as the model does; for a
/// classifier, of the first token's hidden row) to f32's over the sample texts.
struct Faithfulness {
  double mean_cosine = 0;
  double min_cosine = 0;

  /// The one definition, used everywhere: mean >= 0.9995 and min >= 0.997.
  bool is_faithful() const { return mean_cosine >= 0.9995 && min_cosine >= 0.997; }
};

Result<Faithfulness> measure_faithfulness(const ModelCard& card, const models::BertModel& f32,
                                          const models::BertModel& other, ByteLedger& ledger,
                                          ThreadPool& pool);

}  // namespace quern::engine
