#include "engine/room_beside.h"

#include <algorithm>

#include <fmt/format.h>

namespace quern::engine {

std::size_t room_beside(const ByteLedger& ledger, const std::string& model,
                        const models::SectionStream* stream) {
  std::size_t held = 0;
  for (const ByteLedger::Tenant& tenant : ledger.tenants()) {
    const bool is_its = tenant.name == "weights/" + model || tenant.name == "tokenizer/" + model;
    if (is_its) held += tenant.bytes;
  }
  if (stream != nullptr) held -= std::min(held, stream->spare_bytes());
  const std::size_t most = ledger.most_bytes();
  return most - std::min(most, held);
}

Status refusal_of(const ByteLedger& ledger, const std::string& model,
                  const models::SectionStream* stream, std::size_t bytes, const std::string& what,
                  Status otherwise) {
  const std::size_t room = room_beside(ledger, model, stream);
  if (bytes <= room) return otherwise;
  return {
      Code::kTooLarge,
      fmt::format("{} needs {}; of the {} memory budget the program and the model leave {}", what,
                  human_bytes(bytes), human_bytes(ledger.limit_bytes()), human_bytes(room))};
}

}  // namespace quern::engine
