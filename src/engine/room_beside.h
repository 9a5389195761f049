// What can be had at most beside a loaded model: whatever wants more will never fit.

#pragma once

#include <cstddef>
#include <string>

#include "base/byte_ledger.h"
#include "models/section_stream.h"

namespace quern::engine {

/// Bytes of the budget that the program, the model's tokenizer and its weights leave; of streamed
/// weights what they need at least. `stream`: of LoadedWeights.
std::size_t room_beside(const ByteLedger& ledger, const std::string& model,
                        const models::SectionStream* stream);

/// kTooLarge where `bytes` are more than that, naming `what` needs them; else `otherwise`.
Status refusal_of(const ByteLedger& ledger, const std::string& model,
                  const models::SectionStream* stream, std::size_t bytes, const std::string& what,
                  Status otherwise);

}  // namespace quern::engine
