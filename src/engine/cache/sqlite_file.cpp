#include "engine/cache/sqlite_file.h"

#include <utility>

#include <sqlite3.h>

namespace quern::engine {
namespace {

Status status_of(sqlite3* db, int result) {
  const std::string text = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(result);
  switch (result & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // Our statements are right: the file has not what they ask for.
      return {Code::kBadInput, text};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Code::kUnavailable, text};
    default:
      return {Code::kIo, text};
  }
}

}  // namespace

SqliteStatement::SqliteStatement(SqliteStatement&& other) noexcept { *this = std::move(other); }

SqliteStatement& SqliteStatement::operator=(SqliteStatement&& other) noexcept {
  std::swap(db_, other.db_);
  std::swap(statement_, other.statement_);
  return *this;
}

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

void SqliteStatement::bind(int i, std::span<const std::byte> blob) {
  sqlite3_bind_blob64(statement_, i, blob.data(), blob.size(), SQLITE_STATIC);
}

void SqliteStatement::bind(int i, std::int64_t number) {
  sqlite3_bind_int64(statement_, i, number);
}

Result<bool> SqliteStatement::step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return status_of(db_, result);
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

std::span<const std::byte> SqliteStatement::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int n = sqlite3_column_bytes(statement_, column);
  return {static_cast<const std::byte*>(data), data == nullptr ? 0 : static_cast<std::size_t>(n)};
}

std::int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

Status SqliteStatement::run() {
  const Result<bool> stepped = step();
  reset();
  return stepped.status();
}

Result<SqliteFile> SqliteFile::open(const std::string& path, Access access, int patience_ms) {
  const int flags = access == Access::kReadOnly ? SQLITE_OPEN_READONLY
                    : access == Access::kWrite  ? SQLITE_OPEN_READWRITE
                                                : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  SqliteFile out;
  const int result = sqlite3_open_v2(path.c_str(), &out.db_, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (result != SQLITE_OK) return status_of(out.db_, result).in("'" + path + "'");
  sqlite3_busy_timeout(out.db_, patience_ms);
  return out;
}

SqliteFile::SqliteFile(SqliteFile&& other) noexcept { *this = std::move(other); }

SqliteFile& SqliteFile::operator=(SqliteFile&& other) noexcept {
  std::swap(db_, other.db_);
  return *this;
}

SqliteFile::~SqliteFile() { sqlite3_close_v2(db_); }

Status SqliteFile::run(const char* sql) {
  const int result = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? Status() : status_of(db_, result);
}

Result<std::int64_t> SqliteFile::number(const char* sql) {
  QUERN_ASSIGN(SqliteStatement statement, prepare(sql));
  QUERN_ASSIGN(const bool has_row, statement.step());
  return has_row ? statement.number(0) : std::int64_t{0};
}

Result<SqliteStatement> SqliteFile::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) return status_of(db_, result);
  return SqliteStatement(db_, statement);
}

bool SqliteFile::has_moved() const {
  int moved = 0;
  return db_ != nullptr &&
         sqlite3_file_control(db_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
         moved != 0;
}

std::int64_t SqliteFile::n_changed() const { return sqlite3_changes64(db_); }

}  // namespace quern::engine
