#include "text/analysis/code_words.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace quern::text {
namespace {

using Words = std::vector<std::string>;

Words identifiers_of(std::string_view code) {
  Words words;
  std::size_t pos = 0;
  while (const auto span = next_identifier(code, pos)) {
    pos = span->end;
    words.emplace_back(code.substr(span->begin, span->end - span->begin));
  }
  return words;
}

Words parts_of(std::string_view identifier) {
  Words words;
  std::size_t pos = 0;
  while (const auto span = next_part(identifier, pos)) {
    pos = span->end;
    words.emplace_back(identifier.substr(span->begin, span->end - span->begin));
  }
  return words;
}

TEST(code_words, identifiers_end_at_anything_else) {
  EXPECT_EQ(identifiers_of("int n_docs = a->getSize(x+1); // __ größe"),
            (Words{"int", "n_docs", "a", "getSize", "x", "1", "größe"}));
}

TEST(code_words, parts_end_at_humps_underscores_and_digits) {
  EXPECT_EQ(parts_of("getHTTPResponse2"), (Words{"get", "HTTP", "Response", "2"}));
  EXPECT_EQ(parts_of("snake_case__x"), (Words{"snake", "case", "x"}));
  EXPECT_EQ(parts_of("kMaxBytes"), (Words{"k", "Max", "Bytes"}));
  EXPECT_EQ(parts_of("utf8proc"), (Words{"utf", "8", "proc"}));
  EXPECT_EQ(parts_of("URL"), (Words{"URL"}));
  EXPECT_EQ(parts_of("größeÄndern"), (Words{"größe", "Ändern"}));
  EXPECT_EQ(parts_of("变量"), (Words{"变量"}));
  EXPECT_EQ(parts_of("__"), Words{});
}

TEST(code_words, a_part_is_never_longer_than_a_word) {
  const Words parts = parts_of(std::string(600, 'q'));
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].size(), static_cast<std::size_t>(kMaxWordChars));
}

TEST(code_words, parts_hold_every_letter_of_random_bytes_that_identifiers_hold) {
  std::mt19937 random(5);
  const std::string alphabet = "aZ9_ \xc3\xa4\xff.";
  for (int round = 0; round < 2000; ++round) {
    std::string code;
    for (int i = 0; i < 20; ++i) code += alphabet[random() % alphabet.size()];
    for (const std::string& identifier : identifiers_of(code)) {
      std::string joined;
      for (const std::string& part : parts_of(identifier)) joined += part;
      std::string want = identifier;
      std::erase(want, '_');
      EXPECT_EQ(joined, want);
    }
  }
}

}  // namespace
}  // namespace quern::text
