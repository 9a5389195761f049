#include "cli/progress.h"

#include <gtest/gtest.h>

namespace quern::cli {

TEST(progress, line_holds_batch_rates_memory_and_time_left) {
  const WorkDone done{.n_texts = 12800,
                      .n_tokens = 2400000,
                      .n_batches = 120,
                      .share = 0.4,
                      .resident_bytes = 143u << 20};
  EXPECT_EQ(progress_line("embed", done, /*seconds=*/16),
            "embed: 12,800 texts (40 %), batch 120 of about 300, 800 texts/s, 150,000 tokens/s, "
            "143 MB, 0:24 left");
}

TEST(progress, line_of_a_pipe_claims_nothing_it_cannot_know) {
  const WorkDone done{
      .n_texts = 10, .n_tokens = 100, .n_batches = 1, .share = {}, .resident_bytes = 1u << 20};
  EXPECT_EQ(progress_line("embed", done, 2),
            "embed: 10 texts, batch 1, 5 texts/s, 50 tokens/s, 1.0 MB");
}

TEST(progress, bar_fits_the_terminal) {
  const WorkDone done{.n_texts = 800,
                      .n_tokens = 150000,
                      .n_batches = 9,
                      .share = 0.5,
                      .resident_bytes = 143u << 20};
  EXPECT_EQ(progress_bar("embed", done, 1, 100),
            "embed  50 % [##########----------]  800 texts/s  150,000 tokens/s  143 MB  0:01 left");
  for (const int n_columns : {1, 20, 80}) {
    EXPECT_LT(progress_bar("embed", done, 1, n_columns).size(),
              static_cast<unsigned>(n_columns) + (n_columns == 1));
  }
}

TEST(progress, transfers_have_a_rate_and_a_time_left) {
  const BytesDone done{.n_bytes = 40u << 20, .n_bytes_all = 100u << 20, .per_second = 1 << 20};
  EXPECT_EQ(progress_line("pull", done, 1), "pull: 40.0 MB of 100 MB (40 %), 1.0 MB/s, 1:00 left");
  EXPECT_EQ(progress_bar("pull", done, 1, 100),
            "pull  40 % [########------------]  40.0 MB of 100 MB  1.0 MB/s  1:00 left");
  EXPECT_EQ(progress_line("pull", {.n_bytes = 0, .n_bytes_all = 1000}, 1),
            "pull: 0 B of 1000 B (0 %), 0 B/s");
}

TEST(progress, numbers_and_times_for_people) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
  EXPECT_EQ(clock_time(5), "0:05");
  EXPECT_EQ(clock_time(3723), "1:02:03");
}

TEST(progress, quiet_and_redirected_output_have_no_bar) {
  EXPECT_EQ(progress_style(stderr, /*quiet=*/true), ProgressStyle::kNone);
  std::FILE* file = std::tmpfile();
  EXPECT_EQ(progress_style(file, /*quiet=*/false), ProgressStyle::kLines);
  std::fclose(file);
}

TEST(progress, of_a_share_alone_has_the_time_that_is_left) {
  EXPECT_EQ(progress_line("fit", ShareDone{0.25}, 10), "fit: 25 %, 0:30 left");
  EXPECT_EQ(progress_line("fit", ShareDone{0.001}, 10), "fit: 0 %");
  EXPECT_EQ(progress_bar("fit", ShareDone{0.25}, 10, 80),
            "fit  25 % [#####---------------]  0:30 left");
}

}  // namespace quern::cli
