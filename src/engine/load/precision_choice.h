// The fastest precision that is faithful for one model: measured, never assumed.
// What "faithful" means is written down in docs/numerics.md.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/byte_ledger.h"
#include "base/thread_pool.h"
#include "engine/load/calibration.h"
#include "engine/load/precision_record.h"
#include "engine/model_card.h"
#include "models/encoder.h"

namespace quern::engine {

/// A named precision, or nothing for "auto".
/// Errors: kBadInput.
Result<std::optional<kernels::Precision>> parse_precision_wish(std::string_view name);

/// Cosine to f32 of mean >= 0.9995 and least >= 0.997, and every sure label or order kept.
bool is_faithful(const Fidelity& fidelity);

/// How near `got` is to `f32`, on the same samples.
Fidelity compare_samples(const SampleResults& f32, const SampleResults& got,
                         kernels::Precision precision);

/// Precisions that are faster than f32 on this instruction set, fastest first.
std::vector<kernels::Precision> fast_precisions();

struct ChosenPrecision {
  PrecisionRecord record;
  models::Int8Calibration seen;  // Of f32 on the samples.
};

/// Tries the fast precisions in turn; f32 where none is faithful. At most one model is in memory at
/// a time.
/// Errors: those of load_encoder; kExhausted.
Result<ChosenPrecision> choose_precision(const ModelCard& card, ByteLedger& ledger,
                                         ThreadPool& pool);

/// What packing at this precision equalises by: for int8 what f32 shows on the samples.
/// Errors: those of load_encoder; kExhausted.
Result<models::Int8Calibration> calibrate(const ModelCard& card, kernels::Precision precision,
                                          ByteLedger& ledger, ThreadPool& pool);

}  // namespace quern::engine
