// What was learnt from judgements and is kept with a store: as text, which whoever learnt it reads.

#pragma once

#include <cstddef>
#include <string>

namespace quern::store {

inline constexpr std::size_t kMaxFits = 64;
inline constexpr std::size_t kMaxFitBytes = std::size_t{1} << 20;

struct FitRow {
  std::string name;         // "fusion", ...: 1 to 64 bytes.
  std::string fingerprint;  // Of what it was learnt with: a vector space's, a model's.
  std::string body;         // JSON

  bool operator==(const FitRow&) const = default;
};

}  // namespace quern::store
