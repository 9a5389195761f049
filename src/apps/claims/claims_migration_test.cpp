#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "apps/claims/claims_db.h"
#include "apps/claims/replay_claim.h"
#include "apps/claims/test_claims.h"

namespace quern::apps {
namespace {

using ::testing::HasSubstr;

// Format 1 as its later builds wrote it; the first ones had no column "input".
constexpr const char* kFormat1 =
    "CREATE TABLE calibration (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE,"
    " body TEXT NOT NULL);"
    "CREATE TABLE model (id INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL,"
    " UNIQUE (name, digest));"
    "CREATE TABLE claim (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, run TEXT,"
    " line INTEGER NOT NULL,{} key TEXT NOT NULL, text TEXT NOT NULL, corpus TEXT NOT NULL,"
    " generation INTEGER NOT NULL, why_empty TEXT NOT NULL, UNIQUE (run, line));"
    "CREATE TABLE evidence (claim INTEGER NOT NULL REFERENCES claim ON DELETE CASCADE,"
    " i INTEGER NOT NULL, source TEXT NOT NULL, title TEXT NOT NULL, url TEXT NOT NULL,"
    " date TEXT NOT NULL, licence TEXT NOT NULL, passage TEXT NOT NULL, sentence INTEGER NOT NULL,"
    " span_begin INTEGER NOT NULL, span_end INTEGER NOT NULL, text TEXT NOT NULL,"
    " before TEXT NOT NULL, after TEXT NOT NULL, nearness BLOB NOT NULL,"
    " PRIMARY KEY (claim, i)) WITHOUT ROWID;"
    "CREATE TABLE nli (claim INTEGER NOT NULL REFERENCES claim ON DELETE CASCADE,"
    " i INTEGER NOT NULL, logits BLOB NOT NULL, n_dropped INTEGER NOT NULL,"
    " PRIMARY KEY (claim, i)) WITHOUT ROWID;"
    "CREATE TABLE verdict (claim INTEGER PRIMARY KEY REFERENCES claim ON DELETE CASCADE,"
    " verdict TEXT NOT NULL, confidence REAL NOT NULL, supported REAL NOT NULL,"
    " refuted REAL NOT NULL, not_enough_info REAL NOT NULL, model INTEGER NOT NULL,"
    " calibration INTEGER NOT NULL, pipeline TEXT NOT NULL, body TEXT NOT NULL);"
    "CREATE TABLE event (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, what TEXT NOT NULL,"
    " detail TEXT NOT NULL);"
    "PRAGMA application_id = 1366453834; PRAGMA user_version = 1;";

constexpr const char* kCopied =
    "ATTACH '{1}' AS new;"
    "INSERT INTO calibration SELECT * FROM new.calibration;"
    "INSERT INTO model SELECT * FROM new.model;"
    "INSERT INTO claim SELECT id, at_ms, run, line,{0} key, text, corpus, generation, why_empty"
    " FROM new.claim;"
    "INSERT INTO evidence SELECT claim, i, source, title, url, date, licence, passage, sentence,"
    " span_begin, span_end, text, before, after, nearness FROM new.evidence;"
    "INSERT INTO nli SELECT * FROM new.nli; INSERT INTO verdict SELECT * FROM new.verdict;"
    "DETACH new;";

class claims_migration : public ClaimTest {
 protected:
  std::string old_path() const { return path("old/claims.db"); }

  std::unique_ptr<ClaimsDb> opened(const std::string& at, Sql::Access access) {
    auto made = ClaimsDb::open(at, access);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? std::move(*made) : nullptr;
  }

  /// A file of format 1 with a claim of a run, judged by three sentences.
  void write_old(const std::string& input_column) {
    const ClaimResult result = verified({.id = "7", .claim = "the cat sat"});
    const ClaimsDb::Addition addition = {.result = &result, .row = {"run", 1, "aa"}};
    ASSERT_TRUE(opened(path("new.db"), Sql::Access::kCreate)
                    ->add_all({&addition, 1}, default_calibration())
                    .ok());
    std::filesystem::create_directories(path("old"));
    auto sql = Sql::open(old_path(), Sql::Access::kCreate, 1000);
    ASSERT_TRUE(sql.ok());
    const std::string type = input_column.empty() ? "" : " input TEXT NOT NULL,";
    const std::string copied = fmt::format(fmt::runtime(kCopied), input_column, path("new.db"));
    const Status made = sql->run(fmt::format(fmt::runtime(kFormat1), type).c_str());
    ASSERT_TRUE(made.ok()) << made.message();
    const Status filled = sql->run(copied.c_str());
    ASSERT_TRUE(filled.ok()) << filled.message();
  }
};

}  // namespace

TEST_F(claims_migration, claims_of_format_1_are_read_replayed_and_added_to) {
  for (const char* input : {" input,", ""}) {
    std::filesystem::remove_all(path("old"));
    std::filesystem::remove(path("new.db"));
    write_old(input);
    {
      const auto db = opened(old_path(), Sql::Access::kRead);  // Whoever reads brings it forward.
      const auto stored = db->find(1);
      ASSERT_TRUE(stored.ok()) << stored.status().message();
      EXPECT_TRUE(replay_claim(*stored).ok()) << replay_claim(*stored).message();
      EXPECT_EQ(stored->result.evidence[0].sentence.n_pieces, 1u);
    }
    const auto db = opened(old_path(), Sql::Access::kWrite);
    ASSERT_TRUE(db->add(verified({.claim = "a dog ran"}), default_calibration()).ok());
    EXPECT_EQ(db->ids()->size(), 2u);
    // Of a row that does not say of which line it came nothing is taken.
    EXPECT_EQ(db->json_of_row({"run", 1, "aa"})->has_value(), *input != '\0');
    EXPECT_EQ(*Sql::open(old_path(), Sql::Access::kRead, 1000)->number("PRAGMA user_version"),
              kClaimsDbVersion);
  }
}

TEST_F(claims_migration, several_at_once_bring_it_forward_once) {
  write_old(" input,");
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back(
        [this] { EXPECT_EQ(opened(old_path(), Sql::Access::kRead)->ids()->size(), 1u); });
  }
  readers.clear();
  EXPECT_TRUE(replay_claim(*opened(old_path(), Sql::Access::kRead)->find(1)).ok());
}

TEST_F(claims_migration, one_that_cannot_be_written_is_left_and_said) {
  write_old(" input,");
  auto sql = Sql::open(old_path(), Sql::Access::kWrite, 1000);
  ASSERT_TRUE(sql.ok() && sql->run("DROP TABLE evidence").ok());
  const auto refused = ClaimsDb::open(old_path(), Sql::Access::kRead);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.status().message(), HasSubstr("it has format 1, which this version makes 2"));
  EXPECT_EQ(*sql->number("PRAGMA user_version"), 1);
  ASSERT_TRUE(sql->run("PRAGMA user_version = 0").ok());
  EXPECT_EQ(ClaimsDb::open(old_path(), Sql::Access::kWrite).status().code(), Code::kUnsupported);
}

}  // namespace quern::apps
