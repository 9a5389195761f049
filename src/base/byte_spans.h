// Stretches of a text, by byte: in order, apart from each other, none empty.

#pragma once

#include <cstddef>
#include <vector>

namespace quern {

struct ByteSpan {
  std::size_t begin = 0;
  std::size_t end = 0;  // Behind the last byte.

  bool operator==(const ByteSpan&) const = default;
};

using ByteSpans = std::vector<ByteSpan>;

/// Adds a stretch that begins at or behind the end of the last; one that touches it makes it
/// longer, an empty one is left out.
void append_span(ByteSpans& spans, std::size_t begin, std::size_t end);

/// True if one of the bytes [begin, end) lies in a stretch. Cost: logarithmic.
bool overlaps(const ByteSpans& spans, std::size_t begin, std::size_t end);

/// What lies in [begin, end), counted from `begin`.
ByteSpans spans_within(const ByteSpans& spans, std::size_t begin, std::size_t end);

}  // namespace quern
