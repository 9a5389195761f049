#include "text/analysis/analyzer.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace quern::text {
namespace {

// "TERM@POSITION", with "+" behind one that does not lengthen the text.
std::vector<std::string> terms_of(std::string_view analyzer, std::string_view utf8) {
  std::vector<std::string> out;
  make_analyzer(analyzer)->analyze(utf8, [&](const Term& term) {
    out.push_back(std::string(term.text) + "@" + std::to_string(term.position) +
                  (term.is_overlap ? "+" : ""));
  });
  return out;
}

using Terms = std::vector<std::string>;

TEST(analyzer, english_drops_possessives_and_stop_words_and_stems) {
  EXPECT_EQ(terms_of("english", "The cell's Nuclei are dividing, in 3.5 days"),
            (Terms{"cell@1", "nuclei@2", "divid@4", "3.5@6", "dai@7"}));
  EXPECT_EQ(terms_of("english", "Darwin\u2019s IT WAS 's dogs\uFF07S"),
            (Terms{"darwin@0", "s@3", "dog@4"}));
}

TEST(analyzer, standard_lowers_and_keeps_all) {
  EXPECT_EQ(terms_of("standard", "The ÄPFEL's Σ 東京"),
            (Terms{"the@0", "äpfel's@1", "σ@2", "東@3", "京@4"}));
}

TEST(analyzer, code_english_has_the_stem_of_each_part_beside_it) {
  EXPECT_EQ(terms_of("code_english", "parsingTokens of"),
            (Terms{"parsingtokens@0", "parsing@0+", "~pars@0+", "tokens@1", "~token@1+", "of@2"}));
}

TEST(analyzer, code_has_identifiers_whole_and_in_parts) {
  EXPECT_EQ(terms_of("code", "getHTTPResponse2(snake_case, x)"),
            (Terms{"gethttpresponse2@0", "get@0+", "http@1", "response@2", "2@3", "snake_case@4",
                   "snake@4+", "case@5", "x@6"}));
  EXPECT_EQ(terms_of("code", "_id the"), (Terms{"_id@0", "id@0+", "the@1"}));
}

TEST(analyzer, simple_has_letters_only) {
  EXPECT_EQ(terms_of("simple", "It's 3D-Print_ed"),
            (Terms{"it@0", "s@1", "d@2", "print@3", "ed@4"}));
}

TEST(analyzer, spans_are_the_bytes_of_the_source) {
  const std::string text = "The Größen's müssen";
  make_analyzer("english")->analyze(text, [&](const Term& term) {
    if (term.position != 1) return;
    EXPECT_EQ(text.substr(term.begin, term.end - term.begin), "Größen's");
  });
}

TEST(analyzer, one_that_there_is_not_is_refused_by_name) {
  const auto analyzer = make_analyzer("german");
  ASSERT_FALSE(analyzer.ok());
  EXPECT_EQ(analyzer.status().message(),
            "no analyzer 'german', want english, standard, code, code_english, simple");
}

TEST(analyzer, any_bytes_give_short_well_formed_terms_in_order) {
  std::mt19937 random(7);
  for (const std::string_view name : analyzer_names()) {
    Analyzer analyzer(name);
    for (int round = 0; round < 300; ++round) {
      std::string bytes;
      for (std::size_t i = random() % 900; i > 0; --i) {
        bytes.push_back(static_cast<char>(random() % 4 ? 'a' + random() % 26 : random()));
      }
      std::uint32_t last = 0;
      std::size_t n_overlaps_in_a_row = 0;
      analyzer.analyze(bytes, [&](const Term& term) {
        EXPECT_TRUE(is_valid_utf8(term.text));
        EXPECT_FALSE(term.text.empty());
        EXPECT_LE(term.text.size(), kMaxTermBytes);
        EXPECT_LE(term.end, bytes.size());
        EXPECT_LT(term.begin, term.end);
        EXPECT_GE(term.position, last);
        n_overlaps_in_a_row = term.is_overlap ? n_overlaps_in_a_row + 1 : 0;
        EXPECT_LE(n_overlaps_in_a_row, name == "code_english" ? 2u : 1u);
        last = term.position;
      });
    }
  }
}

TEST(analyzer, a_text_without_words_has_no_terms) {
  for (const std::string_view name : analyzer_names()) {
    EXPECT_EQ(terms_of(name, ""), Terms{});
    EXPECT_EQ(terms_of(name, " \n-- !"), Terms{});
  }
}

}  // namespace
}  // namespace quern::text
