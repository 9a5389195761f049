#include "apps/claims/claims_db.h"

#include <csignal>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "apps/claims/claim_json.h"
#include "apps/claims/replay_claim.h"
#include "apps/claims/test_claims.h"

namespace quern::apps {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class claims_db : public ClaimTest {
 protected:
  std::string db_path() const { return path("home/claims/claims.db"); }

  std::unique_ptr<ClaimsDb> opened(Sql::Access access = Sql::Access::kCreate) {
    auto made = ClaimsDb::open(db_path(), access);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? std::move(*made) : nullptr;
  }

  /// The id of a claim that was judged by three sentences.
  std::int64_t add_one() {
    const auto id =
        opened()->add(verified({.id = "7", .claim = "the cat sat"}), default_calibration());
    EXPECT_TRUE(id.ok()) << id.status().message();
    return id.ok() ? *id : 0;
  }

  Status replayed(std::int64_t id) {
    const auto stored = opened(Sql::Access::kRead)->find(id);
    return stored.ok() ? replay_claim(*stored) : stored.status();
  }

  /// What a replay says after somebody has run `change` on the file.
  std::string after(const std::string& change) {
    const std::int64_t id = add_one();
    EXPECT_TRUE(replayed(id).ok()) << replayed(id).message();
    auto sql = Sql::open(db_path(), Sql::Access::kWrite, 1000);
    EXPECT_TRUE(sql.ok() && sql->run(change.c_str()).ok()) << change;
    const Status status = replayed(id);
    EXPECT_EQ(status.code(), Code::kBadInput) << change;
    return status.message();
  }
};

}  // namespace

TEST_F(claims_db, a_claim_comes_back_as_it_was_judged_and_replays) {
  const ClaimResult result = verified({.id = "7", .claim = "the cat sat"});
  const auto id = opened()->add(result, default_calibration());
  ASSERT_TRUE(id.ok()) << id.status().message();
  const auto stored = opened(Sql::Access::kRead)->find(*id);
  ASSERT_TRUE(stored.ok()) << stored.status().message();
  EXPECT_EQ(stored->json, json_from_claim(result));
  EXPECT_EQ(stored->pipeline, kClaimPipeline);
  EXPECT_EQ(stored->verdict, verdict_name(result.judgement.verdict));
  EXPECT_GT(stored->at_ms, 1'600'000'000'000);
  EXPECT_EQ(stored->result.evidence.size(), 3u);
  EXPECT_TRUE(replay_claim(*stored).ok()) << replay_claim(*stored).message();
}

TEST_F(claims_db, a_claim_without_evidence_replays_with_its_reason) {
  const auto id = opened()->add(verified({.claim = "whales fly"}), default_calibration());
  ASSERT_TRUE(id.ok());
  EXPECT_TRUE(replayed(*id).ok()) << replayed(*id).message();
  const auto stored = opened()->find(*id);
  ASSERT_TRUE(stored.ok());
  EXPECT_THAT(stored->json, HasSubstr("the corpus has nothing near it"));
}

TEST_F(claims_db, an_altered_logit_is_found_and_named) {
  // Entailment of the first sentence becomes 1.0: 0x3f800000, little-endian.
  EXPECT_THAT(after("UPDATE nli SET logits = x'0000803f' || substr(logits, 5) WHERE i = 0"),
              HasSubstr("logits.entailment is 1.0, was "));
}

TEST_F(claims_db, the_last_bit_of_a_logit_counts) {
  const std::int64_t id = add_one();
  auto stored = opened()->find(id);
  ASSERT_TRUE(stored.ok());
  float& logit = stored->result.evidence[1].logits.neutral;
  logit = std::nextafterf(logit, 100.0f);
  EXPECT_THAT(replay_claim(*stored).message(), HasSubstr("logits.neutral"));
}

TEST_F(claims_db, an_altered_text_is_found_and_named) {
  EXPECT_THAT(after("UPDATE evidence SET text = 'the cat stood' WHERE i = 0"),
              HasSubstr("text is \"the cat stood\", was \"the cat sat on the mat\""));
}

TEST_F(claims_db, whatever_else_is_altered_is_found) {
  for (const char* change :
       {"UPDATE evidence SET nearness = x'0000000000' WHERE i = 1",
        "UPDATE evidence SET source = 'z' WHERE i = 1", "UPDATE evidence SET span_end = 3",
        "UPDATE evidence SET before = ''", "UPDATE claim SET text = 'the cat stood'",
        "UPDATE claim SET generation = 8", "UPDATE nli SET n_dropped = 1",
        "UPDATE verdict SET verdict = 'TRUE'", "UPDATE verdict SET confidence = 0.123",
        "UPDATE verdict SET supported = supported + 0.01",
        "UPDATE verdict SET refuted = refuted + 0.01", "UPDATE verdict SET not_enough_info = 0",
        "UPDATE calibration SET digest = 'x'", "DELETE FROM model", "DELETE FROM verdict",
        "UPDATE verdict SET body = replace(body, '\"conflict\":', '\"conflict\": ')",
        "UPDATE model SET name = 'other'", "DELETE FROM evidence WHERE i = 2",
        "DELETE FROM nli WHERE i = 2"}) {
    EXPECT_NE(after(change), "");
    std::filesystem::remove_all(path("home/claims"));
  }
}

TEST_F(claims_db, a_change_of_any_column_is_found) {
  add_one();
  auto sql = Sql::open(db_path(), Sql::Access::kWrite, 1000);
  ASSERT_TRUE(sql.ok());
  auto columns = sql->prepare(
      "SELECT t.name, c.name, c.type FROM sqlite_master t, pragma_table_info(t.name) c"
      " WHERE t.type = 'table' AND t.name != 'event'");
  ASSERT_TRUE(columns.ok()) << columns.status().message();
  std::vector<std::string> changes;
  while (*columns->step()) {
    const std::string name = columns->bytes(1);
    const std::string type = columns->bytes(2);
    const std::string other = type == "TEXT"   ? "coalesce({0}, '') || 'x'"
                              : type == "BLOB" ? "zeroblob(length({0}))"
                              : type == "REAL" ? "{0} + 0.01"
                                               : "{0} + 4294967296";
    changes.push_back(
        fmt::format(fmt::runtime("UPDATE {1} SET {0} = " + other), name, columns->bytes(0)));
  }
  EXPECT_EQ(changes.size(), 48u);
  for (const std::string& change : changes) {
    std::filesystem::remove_all(path("home/claims"));
    const std::int64_t id = add_one();
    auto db = Sql::open(db_path(), Sql::Access::kWrite, 1000);
    ASSERT_TRUE(db.ok() && db->run(change.c_str()).ok()) << change;
    EXPECT_FALSE(replayed(id).ok()) << change;
  }
}

TEST_F(claims_db, logits_of_no_sentence_are_found) {
  EXPECT_THAT(after("INSERT INTO nli SELECT claim, 9, logits, 0 FROM nli WHERE i = 0"),
              HasSubstr("3 sentences and the logits of 4"));
}

TEST_F(claims_db, an_altered_calibration_is_found) {
  EXPECT_THAT(after("UPDATE calibration SET body = replace(body, '\"model\":\"', '\"model\":\"x')"),
              HasSubstr("calibration is "));
  std::filesystem::remove_all(path("home/claims"));
  EXPECT_THAT(after("UPDATE calibration SET body = body || ' '"), HasSubstr("calibration"));
}

TEST_F(claims_db, another_version_of_the_pipeline_is_not_replayed) {
  const std::int64_t id = add_one();
  auto stored = opened()->find(id);
  ASSERT_TRUE(stored.ok());
  stored->pipeline = "quern-claims/0";
  EXPECT_EQ(replay_claim(*stored).code(), Code::kUnsupported);
}

TEST_F(claims_db, a_row_of_a_run_is_there_once) {
  const ClaimResult first = verified({.claim = "the cat sat"});
  const ClaimResult second = verified({.claim = "a dog ran"});
  const ClaimsDb::Addition additions[] = {{.result = &first, .row = {.run = "r", .line = 1}},
                                          {.result = &second, .row = {.run = "r", .line = 2}}};
  const auto db = opened();
  const auto ids = db->add_all(additions, default_calibration());
  const auto again = db->add_all(additions, default_calibration());
  ASSERT_TRUE(ids.ok() && again.ok());
  EXPECT_EQ(*ids, *again);
  EXPECT_EQ(db->ids()->size(), 2u);
  EXPECT_EQ(**db->json_of_row({.run = "r", .line = 2}), json_from_claim(second));
  EXPECT_FALSE(*db->json_of_row({.run = "r", .line = 3}));
  EXPECT_FALSE(*db->json_of_row({.run = "s", .line = 2}));
  // Claims by themselves are of no run: each is its own.
  ASSERT_TRUE(db->add(first, default_calibration()).ok());
  ASSERT_TRUE(db->add(first, default_calibration()).ok());
  EXPECT_EQ(db->ids()->size(), 4u);
}

TEST_F(claims_db, a_row_of_another_input_is_replaced) {
  const ClaimResult first = verified({.claim = "the cat sat"});
  const ClaimResult second = verified({.claim = "a dog ran"});
  const auto db = opened();
  const ClaimsDb::Addition one = {.result = &first, .row = {"r", 1, "aa"}};
  const ClaimsDb::Addition other = {.result = &second, .row = {"r", 1, "bb"}};
  ASSERT_TRUE(db->add_all({&one, 1}, default_calibration()).ok());
  EXPECT_FALSE(*db->json_of_row({"r", 1, "bb"}));
  ASSERT_TRUE(db->add_all({&other, 1}, default_calibration()).ok());
  EXPECT_EQ(**db->json_of_row({"r", 1, "bb"}), json_from_claim(second));
  EXPECT_EQ(db->ids()->size(), 1u);
  EXPECT_TRUE(db->ids_without_claim()->empty());
}

TEST_F(claims_db, rows_whose_claim_is_gone_are_found) {
  const std::int64_t id = add_one();
  auto sql = Sql::open(db_path(), Sql::Access::kWrite, 1000);
  ASSERT_TRUE(sql.ok() && sql->run("PRAGMA foreign_keys = OFF; DELETE FROM claim").ok());
  const auto gone = opened()->ids_without_claim();
  ASSERT_TRUE(gone.ok()) << gone.status().message();
  EXPECT_THAT(*gone, ElementsAre(id));
}

TEST_F(claims_db, lists_go_from_the_newest_on) {
  const auto db = opened();
  for (const char* claim : {"the cat sat", "a dog ran", "whales fly"}) {
    ASSERT_TRUE(db->add(verified({.claim = claim}), default_calibration()).ok());
  }
  const auto two = db->list(2);
  ASSERT_TRUE(two.ok());
  ASSERT_EQ(two->size(), 2u);
  EXPECT_EQ((*two)[0].claim, "whales fly");
  EXPECT_EQ((*two)[0].verdict, "NOT_ENOUGH_INFO");
  const auto before = db->list(10, (*two)[1].id);
  ASSERT_TRUE(before.ok());
  ASSERT_EQ(before->size(), 1u);
  EXPECT_EQ((*before)[0].claim, "the cat sat");
}

TEST_F(claims_db, lists_say_what_was_left_open_whatever_else_stands_in_the_file) {
  const auto db = opened();
  ClaimResult result = verified({.claim = "the cat sat"});
  ASSERT_TRUE(db->add(result, default_calibration()).ok());
  result.judgement.is_abstention = true;
  ASSERT_TRUE(db->add(result, default_calibration()).ok());
  auto sql = Sql::open(db_path(), Sql::Access::kWrite, 1000);
  ASSERT_TRUE(sql.ok() && sql->run("UPDATE verdict SET body = '{' WHERE claim = 1").ok());
  const auto heads = db->list(10);
  ASSERT_TRUE(heads.ok()) << heads.status().message();
  EXPECT_TRUE((*heads)[0].is_abstention);
  EXPECT_FALSE((*heads)[1].is_abstention);
}

TEST_F(claims_db, events_are_kept) {
  const auto db = opened();
  ASSERT_TRUE(db->note("batch", R"({"lines":2})").ok());
  ASSERT_TRUE(db->note("replayed", "{}").ok());
  const auto events = db->events(10);
  ASSERT_TRUE(events.ok());
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[0].what, "replayed");
  EXPECT_EQ((*events)[1].detail, R"({"lines":2})");
}

TEST_F(claims_db, several_may_write_at_once) {
  const ClaimResult result = verified({.claim = "the cat sat"});
  std::vector<std::jthread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      auto db = ClaimsDb::open(db_path(), Sql::Access::kCreate);
      ASSERT_TRUE(db.ok()) << db.status().message();
      for (int n = 0; n < 10; ++n) {
        const auto id = (*db)->add(result, default_calibration());
        ASSERT_TRUE(id.ok()) << id.status().message();
      }
    });
  }
  writers.clear();
  EXPECT_EQ(opened()->ids()->size(), 40u);
}

TEST_F(claims_db, what_is_not_there_is_not_made_by_reading) {
  EXPECT_EQ(ClaimsDb::open(db_path(), Sql::Access::kRead).status().code(), Code::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(db_path()));
  EXPECT_EQ(opened()->find(1).status().code(), Code::kNotFound);
}

TEST_F(claims_db, a_newer_version_and_other_files_are_refused) {
  add_one();
  ASSERT_TRUE(Sql::open(db_path(), Sql::Access::kWrite, 1000)->run("PRAGMA user_version = 3").ok());
  const auto newer = ClaimsDb::open(db_path(), Sql::Access::kWrite);
  EXPECT_EQ(newer.status().code(), Code::kUnsupported);
  EXPECT_THAT(newer.status().message(), HasSubstr("format 3"));
  ASSERT_TRUE(Sql::open(db_path(), Sql::Access::kWrite, 1000)
                  ->run("PRAGMA user_version = 2; PRAGMA application_id = 5")
                  .ok());
  EXPECT_EQ(ClaimsDb::open(db_path(), Sql::Access::kCreate).status().code(), Code::kBadInput);
  write(path("text"), "this is no database, but longer than the header of one would be: " +
                          std::string(200, 'x'));
  const auto text = ClaimsDb::open(path("text"), Sql::Access::kCreate);
  EXPECT_EQ(text.status().code(), Code::kBadInput);
  EXPECT_THAT(text.status().message(), HasSubstr(path("text")));
}

TEST_F(claims_db, damage_is_an_error_that_names_the_file) {
  add_one();
  std::string bytes = read(db_path());
  ASSERT_GT(bytes.size(), 8192u);
  for (std::size_t i = 4096; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31);
  write(db_path(), bytes);
  auto db = ClaimsDb::open(db_path(), Sql::Access::kRead);
  const Status status = db.ok() ? (*db)->find(1).status() : db.status();
  EXPECT_EQ(status.code(), Code::kBadInput);
  EXPECT_THAT(status.message(), HasSubstr("claims.db"));
}

TEST_F(claims_db, a_full_disk_is_said_and_leaves_nothing_half) {
  add_one();
  const auto db = opened();
  ClaimResult large = verified({.claim = "the cat sat"});
  large.evidence[0].sentence.text = std::string(std::size_t{4} << 20, 'a');
  // Files may not grow beyond what this one has: writing fails as on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = std::size_t{1} << 20;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto refused = db->add(large, default_calibration());
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(refused.status().code(), Code::kIo) << refused.status().message();
  EXPECT_THAT(refused.status().message(), HasSubstr("claims.db"));
  EXPECT_EQ(db->ids()->size(), 1u);
  EXPECT_TRUE(db->add(large, default_calibration()).ok());
}

}  // namespace quern::apps
