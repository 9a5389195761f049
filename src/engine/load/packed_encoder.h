// An encoder's weights by way of the packed-weights cache (load_through_cache.h).

#pragma once

#include <functional>
#include <string>

#include "base/byte_ledger.h"
#include "base/thread_pool.h"
#include "kernels/weight.h"
#include "models/encoder.h"

namespace quern::engine {

struct PackedEncoderSource {
  std::string home;  // The cache lies in it.
  const formats::ModelFolder& folder;
  kernels::Precision precision = kernels::Precision::kF32;
  models::Residency residency = models::Residency::kWhole;
  // What int8 packing equalises by. Called once, and only when weights are packed.
  std::function<Result<models::Int8Calibration>()> calibrate;
};

/// hub::model_digest of all files that the weights come from.
Result<std::string> encoder_digest(const std::string& home, const formats::ModelFolder& folder,
                                   const models::TensorSource& files);

/// A cache that is off, damaged, full or not writable costs time and nothing else: it is logged,
/// and the model is as good.
/// Errors: of TensorSource::open, load_encoder and `calibrate`.
Result<models::Encoder> load_packed_encoder(const PackedEncoderSource& source, ByteLedger& ledger,
                                            ThreadPool& pool);

}  // namespace quern::engine
