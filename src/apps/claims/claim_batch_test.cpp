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
    const std::string n_line = ",\"line\":" + std::to_string(i + 1);
    std::string alone = out[i];
    ASSERT_THAT(alone, HasSubstr(n_line + ",\"claim\""));
    alone.erase(alone.find(n_line), n_line.size());
    EXPECT_EQ(alone, json_from_claim(verified(line->ask)));
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
  EXPECT_THAT(out[3], HasSubstr(R"("id":"2","line":4)"));
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

TEST_F(claim_batch, a_line_that_was_changed_since_is_judged_anew) {
  auto db = ClaimsDb::open(path("claims.db"), Sql::Access::kCreate);
  ASSERT_TRUE(db.ok());
  const ClaimBatchJob job = {.db = db->get(), .run = "r"};
  const auto first = run(three(), job);
  std::vector<std::string> lines = three();
  lines[1] = R"({"id":"2","claim":"the cat sat"})";
  lines[2] = R"({"id":"3","claim":"cats sleep","evidence":[{"text":"no cat sleeps"}]})";
  const auto again = run(lines, job);
  EXPECT_EQ(report_.n_kept_before, 1);
  EXPECT_EQ(again[0], first[0]);
  EXPECT_THAT(again[1], HasSubstr("the cat sat"));
  EXPECT_THAT(again[2], HasSubstr("no cat sleeps"));
  EXPECT_EQ((*db)->ids()->size(), 3u);
}

TEST_F(claim_batch, it_stops_between_the_slices_of_one_claim) {
  std::string line = R"({"id":"1","claim":"cats sleep","evidence":["Cats sleep.")";
  for (int i = 0; i < 900; ++i) line += ",\"Cat " + std::to_string(i) + " sleeps.\"";
  int n_asked = 0;
  const auto out =
      run({line + "]}"}, {.n_together = 1, .is_stopped = [&] { return ++n_asked > 3; }});
  EXPECT_TRUE(report_.was_stopped);
  EXPECT_TRUE(out.empty());
  EXPECT_LE(engine_->stats().n_texts, 512);
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
  const auto out = run(three(), {.n_together = 1, .is_stopped = [&] { return ++n_asked > 6; }});
  EXPECT_TRUE(report_.was_stopped);
  EXPECT_EQ(out.size(), 2u);
}

TEST_F(claim_batch, times_are_given_where_they_are_wanted) {
  EXPECT_THAT(run(three(), {.times = ClaimTimes::kGiven})[0],
              HasSubstr(R"("timings":{"embed_ms")"));
}

}  // namespace quern::apps
