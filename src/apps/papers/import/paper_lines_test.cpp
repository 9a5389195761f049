#include "apps/papers/import/paper_lines.h"

#include <sstream>
#include <vector>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

std::vector<ReadPaper> all_of(PaperLines& lines, const IsKnownPaper& is_known = {}) {
  std::vector<ReadPaper> out;
  while (true) {
    Result<std::optional<ReadPaper>> next = lines.next(is_known);
    EXPECT_TRUE(next.ok()) << next.status().message();
    if (!next.ok() || !*next) return out;
    out.push_back(std::move(**next));
  }
}

TEST(paper_lines, name_what_they_are_and_count_their_bytes) {
  std::istringstream in(
      "\xef\xbb\xbf{\"_id\": \"a\", \"title\": \"One\"}\n\n{\"title\": \"Two\"}\nno\n");
  PaperLines lines(in, "p.jsonl");
  const std::vector<ReadPaper> papers = all_of(lines);
  ASSERT_EQ(papers.size(), 3U);
  EXPECT_EQ(papers[0].origin, "p.jsonl: a");
  EXPECT_EQ(papers[0].paper.title, "One");
  EXPECT_EQ(papers[0].input.size(), 32U);
  EXPECT_EQ(papers[1].origin, "p.jsonl: line 3");
  EXPECT_NE(papers[1].input, papers[0].input);
  EXPECT_EQ(papers[2].origin, "p.jsonl: line 4");
  EXPECT_EQ(papers[2].status.message(), "not a JSON object");
  EXPECT_EQ(papers[0].n_bytes + papers[1].n_bytes + papers[2].n_bytes, in.str().size());
}

TEST(paper_lines, what_is_known_is_not_given_again) {
  const std::string text = "{\"_id\": \"a\", \"title\": \"One\"}\n";
  std::istringstream first(text), second(text);
  PaperLines before(first, "p"), after(second, "p");
  const std::vector<ReadPaper> read = all_of(before);
  const std::vector<ReadPaper> known =
      all_of(after, [&](const std::string& origin, const std::string& input) {
        return origin == read[0].origin && input == read[0].input;
      });
  ASSERT_EQ(known.size(), 1U);
  EXPECT_TRUE(known[0].is_known);
  EXPECT_EQ(known[0].paper, Paper());
}

TEST(paper_lines, a_line_without_end_is_refused_and_the_next_one_read) {
  std::istringstream in("{\"title\": \"" + std::string(kMaxPaperLineBytes, 'x') +
                        "\"}\n{\"title\": \"T\"}");
  PaperLines lines(in, "p");
  const std::vector<ReadPaper> papers = all_of(lines);
  ASSERT_EQ(papers.size(), 2U);
  EXPECT_EQ(papers[0].status.code(), Code::kTooLarge);
  EXPECT_EQ(papers[1].paper.title, "T");
}

}  // namespace
}  // namespace quern::apps
