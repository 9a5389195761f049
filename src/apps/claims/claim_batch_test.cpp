#include "apps/claims/claim_batch.h"

#include <deque>

#include <gmock/gmock.h>

#include "apps/claims/claim_lines.h"
#include "apps/claims/test_claims.h"

namespace quern::apps {
namespace {

using ::testing::HasSubstr;

class claim_batch : public ClaimTest {
 protected:
  /// Runs `lines` and returns what came out.
  std::vector<std::string> run(const std::vector<std::string>& lines, ClaimBatchJob job = {}) {
    ClaimVerifier judge = verifier(&search_);
    if (job.verifier == nullptr) job.verifier = &judge;
    std::size_t i = 0;
    job.next = [&]() -> Result<std::optional<BatchLine>> {
      if (i == lines.size()) return std::optional<BatchLine>();
      ++i;
      return std::optional(BatchLine{.n_line = static_cast<std::int64_t>(i), .text = lines[i - 1]});
    };
    std::vector<std::string> out;
    if (!job.sink) {
      job.sink = [&out](const BatchOutput& output) {
        out.push_back(output.json);
        return Status();
      };
    }
    auto report = verify_batch(job);
    status_ = report.status();
    if (report.ok()) report_ = *report;
    return out;
  }

  static std::vector<std::string> three() {
    return {R"({"id":"1","claim":"the cat sat"})", R"({"id":"2","claim":"a dog ran"})",
            R"({"id":"3","claim":"cats sleep","evidence":[{"text":"the cat sleeps"}]})"};
  }

  Status status_;
  ClaimBatchReport report_;
};

}  // namespace

TEST_F(claim_batch, a_line_comes_out_for_each_in_order_as_it_is_alone) {
  const auto out = run(three());
  ASSERT_EQ(out.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto line = claim_from_line(three()[i]);
    ASSERT_TRUE(line.ok());
    EXPECT_EQ(out[i], json_from_claim(verified(line->ask)));
  }
  EXPECT_EQ(report_.n_claims, 3);
  EXPECT_EQ(report_.n_failed, 0);
}

TEST_F(claim_batch, how_many_go_together_changes_nothing) {
  std::vector<std::string> lines;
  for (int i = 0; i < 7; ++i) lines.insert(lines.end(), {three()[0], three()[1], three()[2]});
  const auto all = run(lines);
  for (const std::size_t n : {1u, 2u, 5u, 21u}) EXPECT_EQ(run(lines, {.n_together = n}), all);
}

TEST_F(claim_batch, a_bad_line_costs_only_itself) {
  std::vector<std::string> lines = three();
  lines.insert(lines.begin() + 1, {"not json", R"({"id":"x","claim":""})"});
  const auto out = run(lines);
  ASSERT_EQ(out.size(), 5u);
  EXPECT_THAT(out[1], HasSubstr(R"("line":2,"error")"));
  EXPECT_THAT(out[2], HasSubstr(R"({"id":"x","line":3,"error":{"code":"bad_input")"));
  EXPECT_EQ((std::vector{out[0], out[3], out[4]}), run(three()));
  EXPECT_EQ(run(lines), out);
  EXPECT_EQ(report_.n_failed, 2);
}

TEST_F(claim_batch, what_a_run_has_judged_is_not_judged_again) {
  auto db = ClaimsDb::open(path("claims.db"), Sql::Access::kCreate);
  ASSERT_TRUE(db.ok());
  const ClaimBatchJob job = {.db = db->get(), .run = "r"};
  const auto first = run(three(), job);
  const long n_texts = engine_->stats().n_texts;
  const auto again = run(three(), job);
  EXPECT_EQ(again, first);
  EXPECT_EQ(report_.n_kept_before, 3);
  EXPECT_EQ(engine_->stats().n_texts, n_texts);
  EXPECT_EQ((*db)->ids()->size(), 3u);
  run(three(), {.db = db->get(), .run = "another"});
  EXPECT_EQ((*db)->ids()->size(), 6u);
}

TEST_F(claim_batch, an_output_that_cannot_be_written_ends_the_run) {
  int n_written = 0;
  run(three(), {.n_together = 1, .sink = [&](const BatchOutput&) {
                  return ++n_written == 2 ? Status(Code::kIo, "full") : Status();
                }});
  EXPECT_EQ(status_.code(), Code::kIo);
  EXPECT_EQ(n_written, 2);
}

TEST_F(claim_batch, it_stops_where_it_is_asked_to) {
  int n_asked = 0;
  const auto out = run(three(), {.n_together = 1, .is_stopped = [&] { return ++n_asked > 2; }});
  EXPECT_TRUE(report_.was_stopped);
  EXPECT_EQ(out.size(), 2u);
}

TEST_F(claim_batch, times_are_given_where_they_are_wanted) {
  EXPECT_THAT(run(three(), {.times = ClaimTimes::kGiven})[0],
              HasSubstr(R"("timings":{"embed_ms")"));
}

}  // namespace quern::apps
