#include "engine/generate/stop_matcher.h"

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

/// What comes out when the text arrives in pieces of n bytes; "|" marks a stop.
std::string through(const std::vector<std::string>& stops, const std::string& text, std::size_t n) {
  StopMatcher matcher(stops);
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += n) {
    if (matcher.add(text.substr(i, n), out)) return out + "|";
  }
  matcher.finish(out);
  return out;
}

TEST(stop_matcher, finds_stops_however_the_text_is_cut) {
  for (std::size_t n : {1u, 2u, 3u, 7u, 100u}) {
    EXPECT_EQ(through({"\n\n"}, "one\ntwo\n\nthree", n), "one\ntwo|");
    EXPECT_EQ(through({"END", "ENOUGH"}, "the ENOUGH END", n), "the |");
    EXPECT_EQ(through({"aab"}, "aaaaab", n), "aaa|");
    EXPECT_EQ(through({"abc"}, "ab", n), "ab");
    EXPECT_EQ(through({}, "text", n), "text");
    EXPECT_EQ(through({""}, "text", n), "text");
  }
}

TEST(stop_matcher, holds_back_only_what_may_become_a_stop) {
  StopMatcher matcher({"###"});
  std::string out;
  EXPECT_FALSE(matcher.add("a#b##", out));
  EXPECT_EQ(out, "a#b");
  EXPECT_FALSE(matcher.add("c", out));
  EXPECT_EQ(out, "a#b##c");
}

TEST(stop_matcher, the_earliest_stop_counts) {
  std::string out;
  StopMatcher matcher({"later", "x"});
  EXPECT_TRUE(matcher.add("a x b later", out));
  EXPECT_EQ(out, "a ");
}

}  // namespace
}  // namespace quern::engine
