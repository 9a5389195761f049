#include "base/sql.h"

#include <utility>

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace quern {
namespace {

Status status_of(sqlite3* db, int result) {
  const std::string text = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(result);
  switch (result & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // Our statements are right: the file has not what they ask for.
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return {Code::kBadInput, text};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Code::kUnavailable, text};
    default:
      return {Code::kIo, text};
  }
}

// Nothing at its path, or nothing in it.
bool is_empty(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) != 0 || info.st_size == 0;
}

// A file with a log wants one more file beside it to be read, which cannot be made on a medium that
// is only read. Where nobody has the file open and its log is empty, it is whole without.
// Source: https://www.sqlite.org/wal.html#readonly
bool must_be_read_as_it_lies(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
  return ::access(folder.c_str(), W_OK) != 0 && is_empty(path + "-wal") &&
         ::access((path + "-shm").c_str(), F_OK) != 0;
}

std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

// The file may come from anywhere: its schema runs nothing, and no statement may change it raw.
void distrust(sqlite3* db) {
  for (const auto& [setting, value] : {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                       {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
                                       {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}}) {
    sqlite3_db_config(db, setting, value, nullptr);
  }
}

}  // namespace

SqlStatement::SqlStatement(SqlStatement&& other) noexcept { *this = std::move(other); }

SqlStatement& SqlStatement::operator=(SqlStatement&& other) noexcept {
  std::swap(db_, other.db_);
  std::swap(statement_, other.statement_);
  return *this;
}

SqlStatement::~SqlStatement() { sqlite3_finalize(statement_); }

SqlStatement& SqlStatement::bind(int i, std::int64_t number) {
  sqlite3_bind_int64(statement_, i, number);
  return *this;
}

SqlStatement& SqlStatement::bind(int i, std::string_view text) {
  sqlite3_bind_text64(statement_, i, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

SqlStatement& SqlStatement::bind_blob(int i, std::string_view bytes) {
  // A null pointer would be NULL, not an empty blob.
  sqlite3_bind_blob64(statement_, i, bytes.empty() ? "" : bytes.data(), bytes.size(),
                      SQLITE_TRANSIENT);
  return *this;
}

SqlStatement& SqlStatement::bind_blob(int i, std::span<const std::byte> bytes) {
  return bind_blob(i, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

Result<bool> SqlStatement::step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return status_of(db_, result);
}

void SqlStatement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

std::int64_t SqlStatement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string SqlStatement::bytes(int column) const {
  const std::span<const std::byte> bytes = blob(column);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> SqlStatement::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int n = sqlite3_column_bytes(statement_, column);
  return {static_cast<const std::byte*>(data), data == nullptr ? 0 : static_cast<std::size_t>(n)};
}

Status SqlStatement::run() {
  const Status status = step().status();
  reset();
  return status;
}

Result<Sql> Sql::open(const std::string& path, Access access, int patience_ms) {
  const int flags = access == Access::kRead    ? SQLITE_OPEN_READONLY
                    : access == Access::kWrite ? SQLITE_OPEN_READWRITE
                                               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const bool as_it_lies = access == Access::kRead && must_be_read_as_it_lies(path);
  Sql out;
  const int result =
      sqlite3_open_v2(as_it_lies ? immutable_uri(path).c_str() : path.c_str(), &out.db_,
                      flags | SQLITE_OPEN_NOMUTEX | (as_it_lies ? SQLITE_OPEN_URI : 0), nullptr);
  if (result != SQLITE_OK) return status_of(out.db_, result).in("'" + path + "'");
  sqlite3_busy_timeout(out.db_, patience_ms);
  distrust(out.db_);
  return out;
}

Result<Sql> Sql::open_image(std::string image) {
  constexpr std::size_t kHeaderBytes = 100;
  if (image.size() < kHeaderBytes) return {Code::kBadInput, "it is no database"};
  // Made by a writer with a log, which an image in memory cannot have: versions of the file format,
  // https://www.sqlite.org/fileformat.html#the_database_header
  image[18] = image[19] = 1;
  Sql out;
  out.image_ = std::make_unique<std::string>(std::move(image));
  int result =
      sqlite3_open_v2(":memory:", &out.db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (result != SQLITE_OK) return status_of(out.db_, result);
  const auto n = static_cast<sqlite3_int64>(out.image_->size());
  result =
      sqlite3_deserialize(out.db_, "main", reinterpret_cast<unsigned char*>(out.image_->data()), n,
                          n, SQLITE_DESERIALIZE_READONLY);
  if (result != SQLITE_OK) return status_of(out.db_, result);
  distrust(out.db_);
  return out;
}

Sql::Sql(Sql&& other) noexcept { *this = std::move(other); }

Sql& Sql::operator=(Sql&& other) noexcept {
  std::swap(db_, other.db_);
  std::swap(image_, other.image_);
  return *this;
}

Sql::~Sql() { sqlite3_close_v2(db_); }

Status Sql::run(const char* sql) {
  const int result = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? Status() : status_of(db_, result);
}

Result<SqlStatement> Sql::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr);
  if (result != SQLITE_OK) return status_of(db_, result);
  return SqlStatement(db_, statement);
}

Result<std::int64_t> Sql::number(const char* sql) {
  QUERN_ASSIGN(SqlStatement statement, prepare(sql));
  QUERN_ASSIGN(const bool has_row, statement.step());
  return has_row ? statement.number(0) : std::int64_t{0};
}

Result<std::string> Sql::text(const char* sql) {
  QUERN_ASSIGN(SqlStatement statement, prepare(sql));
  QUERN_ASSIGN(const bool has_row, statement.step());
  return has_row ? statement.bytes(0) : std::string();
}

bool Sql::has_moved() const {
  int moved = 0;
  return db_ != nullptr &&
         sqlite3_file_control(db_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
         moved != 0;
}

std::int64_t Sql::n_changed() const { return sqlite3_changes64(db_); }

Result<SqlTransaction> SqlTransaction::begin(Sql& sql, Kind kind) {
  QUERN_TRY(sql.run(kind == Kind::kRead ? "BEGIN" : "BEGIN IMMEDIATE"));
  return SqlTransaction(sql);
}

SqlTransaction::SqlTransaction(SqlTransaction&& other) noexcept
    : sql_(std::exchange(other.sql_, nullptr)) {}

SqlTransaction::~SqlTransaction() {
  // Where SQLite has rolled back by itself there is nothing to be done, and it says so.
  if (sql_ != nullptr) static_cast<void>(sql_->run("ROLLBACK"));
}

Status SqlTransaction::commit() {
  QUERN_TRY(sql_->run("COMMIT"));
  sql_ = nullptr;
  return {};
}

}  // namespace quern
