// The result cache as users of the program meet it: docs/cache.md.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

using nlohmann::json;

const std::string kEmbedder = QUERN_SOURCE_DIR "/tests/data/models/tiny-mean-f32";

using cache_program = ProgramTest;

}  // namespace

TEST_F(cache_program, a_later_run_finds_what_an_earlier_one_kept) {
  const std::string texts = folder_.write("texts.txt", "the cat sat\na dog ran\nthe cat sat\n");
  const std::string dir = folder_.file("results");
  const std::string embed = "embed " + kEmbedder + " --precision f32 -q --texts " + texts;
  const Ended computed = quern(embed + " --cache-size 0");
  ASSERT_EQ(computed.exit_code, 0) << computed.err;
  const std::string kept = embed + " --cache-disk 64MB --cache-dir " + dir;
  for (int run = 0; run < 3; ++run) {
    const Ended ended = quern(kept);
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_EQ(ended.out, computed.out);
    EXPECT_EQ(ended.err, "");
  }
  const json stats = json::parse(quern("cache stats --json --cache-dir " + dir).out);
  EXPECT_EQ(stats["results"], 2);
  EXPECT_GT(stats["bytes"], 100);
  EXPECT_PRED2(contains, quern("cache stats --cache-dir " + dir).out, "2 results");

  const Ended cleared = quern("cache clear --cache-dir " + dir);
  EXPECT_EQ(cleared.exit_code, 0) << cleared.err;
  EXPECT_PRED2(contains, cleared.err, "of results removed from");
  EXPECT_PRED2(contains, quern("cache stats --cache-dir " + dir).out, "0 results");
  EXPECT_EQ(quern(kept).out, computed.out);
}

TEST_F(cache_program, what_was_never_kept_is_no_error) {
  const std::string dir = folder_.file("nothing");
  EXPECT_PRED2(contains, quern("cache stats --cache-dir " + dir).out, "0 results");
  EXPECT_EQ(quern("cache clear --cache-dir " + dir).exit_code, 0);
}

TEST_F(cache_program, a_damaged_file_keeps_nobody_from_working) {
  const std::string dir = folder_.file("");
  folder_.write("results.sqlite", "this is no database, whatever its name");
  const Ended ended = quern("embed " + kEmbedder +
                            " --precision f32 -q --cache-disk 64MB --cache-dir " + dir + " hello");
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_PRED2(contains, ended.err, "results-unusable.sqlite");
  EXPECT_EQ(json_lines(ended.out).size(), 1u);
}

TEST_F(cache_program, sizes_that_make_no_sense_are_refused) {
  const auto refusal = [&](const std::string& flag) {
    const Ended ended = quern("embed " + kEmbedder + " " + flag + " hello");
    EXPECT_EQ(ended.exit_code, 2) << flag;
    return ended.err;
  };
  EXPECT_PRED2(contains, refusal("--cache-size many"), "'many' is no size of a cache");
  EXPECT_PRED2(contains, refusal("--cache-size 3kB"), "too little for a cache, want 256 kB");
  EXPECT_PRED2(contains, refusal("--cache-disk 3kB"),
               "too little for results on disk, want 1.0 MB");
  for (const char* good : {"0", "1", "5000", "1MB", "0MB"}) {
    EXPECT_EQ(quern("embed " + kEmbedder + " -q --cache-size " + good + " hello").exit_code, 0)
        << good;
  }
}

}  // namespace quern::cli
