#include "base/byte_spans.h"

#include <gtest/gtest.h>

namespace quern {
namespace {

TEST(byte_spans, stretches_that_touch_become_one_and_empty_ones_none) {
  ByteSpans spans;
  append_span(spans, 2, 4);
  append_span(spans, 4, 4);
  append_span(spans, 4, 5);
  append_span(spans, 7, 9);
  EXPECT_EQ(spans, (ByteSpans{{2, 5}, {7, 9}}));
}

TEST(byte_spans, overlap_and_cut_equal_a_look_at_every_byte) {
  const ByteSpans spans = {{2, 5}, {7, 9}};
  const auto holds = [&](std::size_t i) { return (i >= 2 && i < 5) || (i >= 7 && i < 9); };
  for (std::size_t begin = 0; begin < 12; ++begin) {
    for (std::size_t end = begin; end < 12; ++end) {
      ByteSpans cut;
      for (std::size_t i = begin; i < end; ++i) {
        if (holds(i)) append_span(cut, i - begin, i - begin + 1);
      }
      EXPECT_EQ(overlaps(spans, begin, end), !cut.empty()) << begin << " " << end;
      EXPECT_EQ(spans_within(spans, begin, end), cut) << begin << " " << end;
    }
  }
}

}  // namespace
}  // namespace quern
