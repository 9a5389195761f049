// SQLite, as far as we need it: a connection, statements, errors as Status.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace quern::engine {

/// A prepared statement. Bindings are numbered from 1, columns from 0. Threads: its connection's.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  SqliteStatement(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  SqliteStatement(SqliteStatement&& other) noexcept;
  SqliteStatement& operator=(SqliteStatement&& other) noexcept;
  ~SqliteStatement();

  /// Borrowed until the next reset.
  void bind(int i, std::span<const std::byte> blob);
  void bind(int i, std::int64_t number);

  /// True where there is a row. Errors: kBadInput for a damaged file, kUnavailable where another
  /// process holds it, kIo.
  Result<bool> step();
  void reset();

  /// Until the next step or reset.
  std::span<const std::byte> blob(int column) const;
  std::int64_t number(int column) const;

  /// Runs it for what it does. Errors: as step.
  Status run();

 private:
  sqlite3* db_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
};

/// Threads: one at a time.
class SqliteFile {
 public:
  enum class Access { kReadOnly, kWrite, kCreate };

  /// Waits for `patience_ms` for other processes. Errors: kNotFound, kIo.
  static Result<SqliteFile> open(const std::string& path, Access access, int patience_ms);

  SqliteFile() = default;
  SqliteFile(SqliteFile&& other) noexcept;
  SqliteFile& operator=(SqliteFile&& other) noexcept;
  ~SqliteFile();

  bool is_open() const { return db_ != nullptr; }

  /// Errors: as SqliteStatement::step.
  Status run(const char* sql);
  Result<std::int64_t> number(const char* sql);
  Result<SqliteStatement> prepare(const char* sql);

  /// Something else than what was opened lies at its path, or nothing.
  bool has_moved() const;

  /// Rows that the last statement changed.
  std::int64_t n_changed() const;

 private:
  sqlite3* db_ = nullptr;
};

}  // namespace quern::engine
