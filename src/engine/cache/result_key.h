// What a result depends on, as one number: two inputs of the same key have the same result, to the
// bit. docs/cache.md says what goes into it and why nothing else does.

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/sha256.h"
#include "engine/model_card.h"
#include "text/tokenizer.h"

namespace quern::engine {

/// SHA-256, so that nobody needs to compare the inputs themselves.
struct ResultKey {
  Sha256Digest bytes = {};

  auto operator<=>(const ResultKey&) const = default;

  /// Some of its bits, which are as random as any.
  std::uint64_t hash() const {
    std::uint64_t out;
    std::memcpy(&out, bytes.data(), sizeof out);
    return out;
  }
};

/// All that a key depends on but the input.
struct ResultContext {
  Sha256Digest bytes = {};
};

/// `identity`: of weights and arithmetic, as ModelSource::result_identity says it.
ResultContext result_context(std::string_view identity, const OutputForm& form);

/// Of the numbers that a pass makes of this input, before a plan cuts or scales them: `dimensions`
/// of any size are served from one.
ResultKey result_key(const ResultContext& context, const text::Encoding& input);

}  // namespace quern::engine

template <>
struct std::hash<quern::engine::ResultKey> {
  std::size_t operator()(const quern::engine::ResultKey& key) const { return key.hash(); }
};
