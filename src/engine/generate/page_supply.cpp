#include "engine/generate/page_supply.h"

#include <algorithm>

namespace quern::engine {

bool PageSupply::reserve(models::KvSequence& kv, int n_positions) {
  const std::size_t wanted = kv.missing_bytes(n_positions, 0);
  if (wanted > ledger_.free_bytes() && !can_be_had(kv, n_positions)) return false;
  for (;;) {
    if (kv.reserve(n_positions).ok()) return true;
    if (prefixes_.drop_one()) continue;  // Its pages become spare ones.
    if (!others_.give_up()) return false;
  }
}

bool PageSupply::can_be_had(const models::KvSequence& kv, int n_positions) {
  const std::size_t wanted = kv.missing_bytes(n_positions, prefixes_.n_own_pages());
  // To make room, all that is idle goes first, also of the others: then it is to be asked again.
  for (int tries_left = 2; tries_left > 0; --tries_left) {
    const std::size_t kept = others_.n_bytes();
    if (wanted <= kept + ledger_.free_bytes()) return true;
    if (!make_room_ || !make_room_(wanted - std::min(wanted, kept))) return false;
  }
  return wanted <= others_.n_bytes() + ledger_.free_bytes();
}

}  // namespace quern::engine
