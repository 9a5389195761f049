#include "base/sql.h"

#include <filesystem>
#include <span>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test_folder.h"

namespace quern {
namespace {

class sql : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    auto file = Sql::open(path("db"), Sql::Access::kCreate, 100);
    ASSERT_TRUE(file.ok()) << file.status().message();
    file_ = std::move(*file);
    ASSERT_TRUE(file_.run("CREATE TABLE t (n INTEGER, s TEXT, b BLOB NOT NULL)").ok());
  }

  Status insert(std::int64_t n, std::string_view text, std::string_view blob) {
    auto statement = file_.prepare("INSERT INTO t VALUES (?, ?, ?)");
    return statement->bind(1, n).bind(2, text).bind_blob(3, blob).run();
  }

  Sql file_;
};

}  // namespace

TEST_F(sql, values_come_back) {
  const std::string bytes("a\0\xff", 3);
  ASSERT_TRUE(insert(-5, "text", bytes).ok());
  ASSERT_TRUE(insert(6, "", "").ok());  // An empty blob is not NULL.
  auto rows = file_.prepare("SELECT n, s, b FROM t ORDER BY n");
  ASSERT_TRUE(rows.ok() && *rows->step());
  EXPECT_EQ(rows->number(0), -5);
  EXPECT_EQ(rows->bytes(1), "text");
  EXPECT_EQ(rows->bytes(2), bytes);
  ASSERT_TRUE(*rows->step());
  EXPECT_EQ(rows->bytes(2), "");
  EXPECT_FALSE(*rows->step());
  EXPECT_EQ(*file_.number("SELECT COUNT(*) FROM t"), 2);
  EXPECT_EQ(*file_.number("SELECT n FROM t WHERE n = 7"), 0);
}

TEST_F(sql, a_blob_is_borrowed_and_a_statement_is_used_again) {
  auto insert = file_.prepare("INSERT INTO t (n, b) VALUES (?, ?)");
  const std::string bytes("\0\xff", 2);
  for (std::int64_t n : {1, 2}) {
    ASSERT_TRUE(insert->bind(1, n).bind_blob(2, std::as_bytes(std::span(bytes))).run().ok());
    EXPECT_EQ(file_.n_changed(), 1);
  }
  auto rows = file_.prepare("SELECT b FROM t WHERE n = ?");
  for (std::int64_t n : {2, 1}) {
    ASSERT_TRUE(*rows->bind(1, n).step());
    EXPECT_EQ(rows->blob(0).size(), 2u);
    EXPECT_EQ(rows->blob(0)[1], std::byte{0xff});
    rows->reset();
  }
}

TEST_F(sql, another_file_at_its_path_is_seen) {
  EXPECT_FALSE(file_.has_moved());
  std::filesystem::rename(path("db"), path("aside"));
  EXPECT_TRUE(file_.has_moved());
}

TEST_F(sql, a_transaction_is_rolled_back_unless_committed) {
  {
    auto change = SqlTransaction::begin(file_, SqlTransaction::Kind::kWrite);
    ASSERT_TRUE(change.ok() && insert(1, "", "").ok());
  }
  EXPECT_EQ(*file_.number("SELECT COUNT(*) FROM t"), 0);
  {
    auto change = SqlTransaction::begin(file_, SqlTransaction::Kind::kWrite);
    ASSERT_TRUE(change.ok() && insert(1, "", "").ok() && change->commit().ok());
  }
  EXPECT_EQ(*file_.number("SELECT COUNT(*) FROM t"), 1);
}

TEST_F(sql, what_a_file_from_elsewhere_would_run_is_not_run) {
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(path("db").c_str(), &raw), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(raw,
                         "CREATE VIEW v AS SELECT 1;"
                         "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; END",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(raw);
  EXPECT_FALSE(file_.number("SELECT * FROM v").ok());
  ASSERT_TRUE(insert(1, "", "").ok());
  EXPECT_EQ(*file_.number("SELECT COUNT(*) FROM t"), 1);
}

// Where nothing can be written, as on a medium that is only read. Root may write anywhere: a child
// that is somebody else looks.
TEST_F(sql, a_file_with_a_log_is_read_where_nothing_can_be_written) {
  const std::string odd = path("a%3f?b#c");
  {
    auto made = Sql::open(odd, Sql::Access::kCreate, 100);
    ASSERT_TRUE(made.ok() && made->run("PRAGMA journal_mode = WAL").ok());
    ASSERT_TRUE(made->run("CREATE TABLE t (n); INSERT INTO t VALUES (7)").ok());
  }
  const auto reads = [&](std::int64_t want) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
      auto file = Sql::open(odd, Sql::Access::kRead, 100);
      const auto n =
          file.ok() ? file->number("SELECT n FROM t") : Result<std::int64_t>(file.status());
      ::_exit(n.ok() && *n == want ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  };
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  EXPECT_TRUE(reads(7));
  // What is in a log is read, or nothing is.
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  auto writer = Sql::open(odd, Sql::Access::kWrite, 100);
  ASSERT_TRUE(writer.ok() && writer->run("UPDATE t SET n = 8").ok());
  ASSERT_GT(std::filesystem::file_size(odd + "-wal"), 0u);
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  EXPECT_FALSE(reads(7));
  ::chmod(folder_.c_str(), 0755);
}

TEST_F(sql, errors_have_their_code) {
  EXPECT_EQ(Sql::open(path("none"), Sql::Access::kRead, 0).status().code(), Code::kIo);
  EXPECT_EQ(file_.prepare("SELECT * FROM nowhere").status().code(), Code::kBadInput);
  EXPECT_EQ(file_.run("INSERT INTO t VALUES (1, 'a', NULL)").code(), Code::kBadInput);
  auto other = Sql::open(path("db"), Sql::Access::kWrite, 1);
  ASSERT_TRUE(other.ok() && other->run("BEGIN IMMEDIATE").ok());
  EXPECT_EQ(SqlTransaction::begin(file_, SqlTransaction::Kind::kWrite).status().code(),
            Code::kUnavailable);
  write(path("garbage"), std::string(5000, 'x'));
  auto garbage = Sql::open(path("garbage"), Sql::Access::kRead, 0);
  ASSERT_TRUE(garbage.ok());
  EXPECT_EQ(garbage->number("SELECT COUNT(*) FROM sqlite_master").status().code(), Code::kBadInput);
}

}  // namespace quern
