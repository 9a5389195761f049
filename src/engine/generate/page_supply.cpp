#include "engine/generate/page_supply.h"

namespace quern::engine {

Status PageSupply::reserve(models::KvSequence& kv, int n_positions) {
  const auto is_short = [&] { return kv.missing_bytes(n_positions, 0) > ledger_.free_bytes(); };
  if (is_short()) {
    // What the own prefixes will not give, all at once: who refuses has given up nothing.
    const std::size_t beyond = kv.missing_bytes(n_positions, prefixes_.own_pages().size());
    QUERN_TRY(ledger_.reserve(pool_.tenant(), beyond).status());
  }
  while (is_short() && prefixes_.drop_one()) continue;  // Its pages become spare ones.
  return kv.reserve(n_positions);
}

}  // namespace quern::engine
