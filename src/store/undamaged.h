// Searches of a generation that may be damaged: what is whole of it answers.

#pragma once

#include "base/status.h"
#include "store/catalog/generation.h"

namespace quern::store {

/// What `search(const Generation&)`, which gives a Result, finds. Where it says kBadInput, all is
/// read once for the generation, and it is asked again about what is whole.
template <typename Search>
auto search_undamaged(const Generation& generation, const Search& search)
    -> decltype(search(generation)) {
  if (const Snapshot known = generation.known_whole()) return search(*known);
  auto result = search(generation);
  if (result.status().code() != Code::kBadInput) return result;
  const Result<Snapshot> whole = generation.without_damaged();
  if (!whole.ok()) return whole.status();
  return *whole == nullptr ? std::move(result) : search(**whole);
}

}  // namespace quern::store
