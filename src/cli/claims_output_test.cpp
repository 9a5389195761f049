#include "cli/claims_output.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "base/test_folder.h"
#include "cli/checkpoint_file.h"

namespace quern::cli {
namespace {

using ::testing::HasSubstr;

class claims_output : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    std::string lines;
    for (int i = 0; i < 10; ++i) lines += "line " + std::to_string(i) + "\n";
    write(path("in"), lines);
  }

  ClaimsOutputJob job(const std::string& fact = "a") {
    return {.out = path("out"),
            .texts = path("in"),
            .facts = {{"fact", fact}},
            .save_every = std::chrono::milliseconds(0),
            .note = [this](const std::string& text) { notes_ += text + "\n"; }};
  }

  /// Takes up `job`, writes up to `n` lines, and leaves as a killed process does or finishes.
  std::string go_on(ClaimsOutputJob job, int n) {
    auto source = ClaimSource::open(path("in"));
    EXPECT_TRUE(source.ok());
    auto output = ClaimsOutput::open(std::move(job), *source);
    EXPECT_TRUE(output.ok()) << output.status().message();
    if (!output.ok()) return "";
    for (int i = 0; i < n; ++i) {
      const auto line = source->next();
      EXPECT_TRUE(line.ok());
      if (!*line) {
        EXPECT_TRUE((*output)->finish().ok());
        break;
      }
      EXPECT_TRUE((*output)->write({.line = **line, .json = "<" + (*line)->text + ">"}).ok());
    }
    return (*output)->run();
  }

  std::string whole() const {
    std::string out;
    for (int i = 0; i < 10; ++i) out += "<line " + std::to_string(i) + ">\n";
    return out;
  }

  std::string notes_;
};

}  // namespace

TEST_F(claims_output, a_run_that_was_cut_off_goes_on_under_its_name) {
  const std::string first = go_on(job(), 4);
  EXPECT_FALSE(std::filesystem::exists(path("out")));
  EXPECT_EQ(go_on(job(), 3), first);
  EXPECT_THAT(notes_, HasSubstr("going on behind the first 4 claims"));
  EXPECT_EQ(go_on(job(), 100), first);
  EXPECT_EQ(read(path("out")), whole());
  EXPECT_FALSE(std::filesystem::exists(checkpoint_path(path("out"))));
  EXPECT_FALSE(std::filesystem::exists(unfinished_path(path("out"))));
}

TEST_F(claims_output, a_run_that_was_killed_at_its_very_end_ends_again_under_its_name) {
  const std::string first = go_on(job(), 10);
  const std::string checkpoint = read(checkpoint_path(path("out")));
  EXPECT_EQ(go_on(job(), 100), first);
  write(checkpoint_path(path("out")), checkpoint);
  EXPECT_EQ(go_on(job(), 100), first);
  EXPECT_EQ(read(path("out")), whole());
  EXPECT_FALSE(std::filesystem::exists(checkpoint_path(path("out"))));
}

TEST_F(claims_output, a_run_has_its_name_before_its_first_line) {
  EXPECT_EQ(go_on(job(), 0), go_on(job(), 0));
}

TEST_F(claims_output, bytes_behind_the_checkpoint_are_cut_off) {
  go_on(job(), 4);
  write(unfinished_path(path("out")), read(unfinished_path(path("out"))) + "half a li");
  go_on(job(), 100);
  EXPECT_EQ(read(path("out")), whole());
}

TEST_F(claims_output, what_is_not_of_this_run_begins_anew_and_says_why) {
  const std::string first = go_on(job(), 4);
  EXPECT_NE(go_on(job("b"), 2), first);
  EXPECT_THAT(notes_, HasSubstr("fact was 'a' and is 'b'"));
  write(path("in"), "other\n" + read(path("in")));
  go_on(job("b"), 2);
  EXPECT_THAT(notes_, HasSubstr("are others"));
  write(unfinished_path(path("out")), "<changed>");
  go_on(job("b"), 100);
  EXPECT_EQ(read(path("out")), "<other>\n" + whole());
}

TEST_F(claims_output, a_run_may_be_begun_anew) {
  const std::string first = go_on(job(), 4);
  ClaimsOutputJob anew = job();
  anew.begin_anew = true;
  EXPECT_NE(go_on(std::move(anew), 100), first);
  EXPECT_EQ(read(path("out")), whole());
}

TEST_F(claims_output, a_source_gives_lines_with_their_numbers_and_cuts_endless_ones) {
  write(path("in"),
        "\xEF\xBB\xBF"
        "a\n\n  \nb\r\n" +
            std::string(20 << 20, 'x') + "\nlast");
  auto source = ClaimSource::open(path("in"));
  ASSERT_TRUE(source.ok());
  const auto next = [&] { return *(*source).next(); };
  auto line = next();
  EXPECT_EQ(line->n_line, 1);
  EXPECT_EQ(line->text, "a");
  line = next();
  EXPECT_EQ(line->n_line, 4);
  EXPECT_EQ(line->text, "b\r");
  line = next();
  EXPECT_EQ(line->n_line, 5);
  EXPECT_GT(line->text.size(), std::size_t{16} << 20);
  EXPECT_LT(line->text.size(), std::size_t{17} << 20);
  line = next();
  EXPECT_EQ(line->n_line, 6);
  EXPECT_EQ(line->text, "last");
  EXPECT_FALSE(next());
  EXPECT_EQ(ClaimSource::open(path("none")).status().code(), Code::kNotFound);
  EXPECT_FALSE(ClaimSource::open(folder_).ok());
}

TEST_F(claims_output, lines_of_the_length_of_a_piece_are_whole) {
  for (const std::size_t n : {65534u, 65535u, 65536u, 131070u}) {
    write(path("in"), std::string(n, 'x') + "\nnext\n");
    auto source = ClaimSource::open(path("in"));
    ASSERT_TRUE(source.ok());
    EXPECT_EQ((*source->next())->text.size(), n);
    EXPECT_EQ((*source->next())->text, "next");
    EXPECT_FALSE(*source->next());
  }
}

}  // namespace quern::cli
