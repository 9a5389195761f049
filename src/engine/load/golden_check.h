// golden.json beside a model: what it must make of some texts, compared each time it is loaded.
//   [{"text": "a cat", "values": [0.012, -0.034, ...], "tolerance": 0.01}, ...]
// `values` are the first numbers of the vector, or of the logits; "text_pair" may go with "text".

#pragma once

#include <memory>

#include "base/byte_ledger.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "engine/model_card.h"
#include "engine/servable.h"

namespace quern::engine {

/// Nothing to do where there is no such file, or one that is no array.
/// Errors: kBadInput naming text, number, got and wanted, or what is wrong with the file;
/// kExhausted.
Status check_golden(const ModelCard& card, const Servable& model, ByteLedger& ledger,
                    ThreadPool& pool);

}  // namespace quern::engine
