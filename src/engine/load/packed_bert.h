// Weights by way of the packed-weights cache (hub/packed_cache.h): mapped when they were packed
// before, else packed, kept for the next start, and mapped.

#pragma once

#include <functional>
#include <string>

#include "base/byte_ledger.h"
#include "base/thread_pool.h"
#include "kernels/weight.h"
#include "models/encoder.h"

namespace quern::engine {

struct PackedBertSource {
  std::string home;  // The cache lies in it.
  const formats::ModelFolder& folder;
  kernels::Precision precision = kernels::Precision::kF32;
  // Packs the weights of these files; called only when the cache has none.
  std::function<Result<models::Encoder>(formats::TensorFiles)> pack;
};

/// A cache that is off, damaged, full or not writable costs time and nothing else: it is logged,
/// and the model is as good. After packing, the memory it was done in is given back.
/// Errors: of TensorFiles::open, load_encoder and `pack`.
Result<models::Encoder> load_packed_bert(const PackedBertSource& source, ByteLedger& ledger,
                                         ThreadPool& pool);

}  // namespace quern::engine
