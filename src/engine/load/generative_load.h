// Generating models from disk: what is known of one without its weights, and its weights by way of
// the packed-weights cache (hub/packed_cache.h).

#pragma once

#include <memory>
#include <string>

#include "base/byte_ledger.h"
#include "base/thread_pool.h"
#include "engine/generate/generative_model.h"
#include "engine/model_card.h"

namespace quern::engine {

/// Config, template and tokenizer of a .gguf file, of a folder that holds one, or of a safetensors
/// folder. Errors: as formats::read_decoder and read_tokenizer.
Result<ModelCard> read_generative_card(const std::string& path);

/// The same without the tokenizer: for listings.
Result<ModelCard> read_generative_facts(const std::string& path);

/// Errors: as models::load_decoder. A cache that is off, damaged, full or not writable costs time
/// and nothing else: it is logged, and the model is as good.
Result<std::shared_ptr<const LoadedWeights>> load_generative(const std::string& home,
                                                             std::shared_ptr<const ModelCard> card,
                                                             models::Residency residency,
                                                             ByteLedger& ledger, ThreadPool& pool);

}  // namespace quern::engine
