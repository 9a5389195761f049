// Running the sample texts through a model: what int8 packing equalises by.

#pragma once

#include "base/byte_ledger.h"
#include "base/status.h"
#include "engine/model_card.h"
#include "models/bert.h"

namespace quern::engine {

/// The largest channel magnitudes of an f32 model over the sample texts.
/// Errors: kExhausted when the ledger has no room for one text's activations.
Result<models::Int8Calibration> calibrate(const ModelCard& card, const models::BertModel& f32,
                                          ByteLedger& ledger);

}  // namespace quern::engine
