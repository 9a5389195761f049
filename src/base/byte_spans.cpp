#include "base/byte_spans.h"

#include <algorithm>

namespace quern {
namespace {

/// The first stretch that ends behind `begin`.
ByteSpans::const_iterator first_behind(const ByteSpans& spans, std::size_t begin) {
  return std::upper_bound(spans.begin(), spans.end(), begin,
                          [](std::size_t place, const ByteSpan& span) { return place < span.end; });
}

}  // namespace

void append_span(ByteSpans& spans, std::size_t begin, std::size_t end) {
  if (begin >= end) return;
  if (!spans.empty() && spans.back().end == begin) {
    spans.back().end = end;
  } else {
    spans.push_back({begin, end});
  }
}

bool overlaps(const ByteSpans& spans, std::size_t begin, std::size_t end) {
  const auto at = first_behind(spans, begin);
  return begin < end && at != spans.end() && at->begin < end;
}

ByteSpans spans_within(const ByteSpans& spans, std::size_t begin, std::size_t end) {
  ByteSpans out;
  for (auto at = first_behind(spans, begin); at != spans.end() && at->begin < end; ++at) {
    append_span(out, std::max(at->begin, begin) - begin, std::min(at->end, end) - begin);
  }
  return out;
}

}  // namespace quern
