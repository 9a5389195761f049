// SQLite as we need it: a connection, statements, a transaction, errors as Status. A file may come
// from anywhere: no view and no trigger of its schema is ever run.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace quern {

/// A prepared statement. Bindings are numbered from 1, columns from 0. Threads: its connection's.
class SqlStatement {
 public:
  SqlStatement() = default;
  SqlStatement(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  SqlStatement(SqlStatement&& other) noexcept;
  SqlStatement& operator=(SqlStatement&& other) noexcept;
  ~SqlStatement();

  // Texts and blobs are copied.
  SqlStatement& bind(int i, std::int64_t number);
  SqlStatement& bind(int i, std::string_view text);
  SqlStatement& bind_blob(int i, std::string_view bytes);
  SqlStatement& bind_blob(int i, std::span<const std::byte> bytes);

  /// True where there is a row. Errors: kBadInput for a damaged file, kUnavailable where another
  /// process holds it, kIo.
  Result<bool> step();
  /// Ready to be bound anew.
  void reset();

  /// Of the row that step came to.
  std::int64_t number(int column) const;
  std::string bytes(int column) const;
  /// Borrowed until the next step or reset.
  std::span<const std::byte> blob(int column) const;

  /// Runs it for what it does, and resets it. Errors: as step.
  Status run();

 private:
  sqlite3* db_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
};

/// Threads: one at a time.
class Sql {
 public:
  enum class Access { kRead, kWrite, kCreate };

  /// Waits for `patience_ms` for other processes. kRead in a folder that may not be written to:
  /// nobody else is looked for where none has the file open; who could write there shall not.
  /// Errors: kIo.
  static Result<Sql> open(const std::string& path, Access access, int patience_ms);

  /// A database in memory, only for reading. Errors: kBadInput where it is none.
  static Result<Sql> open_image(std::string image);

  Sql() = default;
  Sql(Sql&& other) noexcept;
  Sql& operator=(Sql&& other) noexcept;
  ~Sql();

  bool is_open() const { return db_ != nullptr; }

  /// Errors: as SqlStatement::step.
  Status run(const char* sql);
  Result<SqlStatement> prepare(const char* sql);

  /// The number in the first column of the first row; 0 where there is none.
  Result<std::int64_t> number(const char* sql);
  /// The same of a text: "".
  Result<std::string> text(const char* sql);

  /// Something else than what was opened lies at its path, or nothing.
  bool has_moved() const;

  /// Rows that the last statement changed.
  std::int64_t n_changed() const;

 private:
  sqlite3* db_ = nullptr;
  std::unique_ptr<std::string> image_;  // Of open_image().
};

/// Rolled back at its end unless committed. The connection outlives it.
class SqlTransaction {
 public:
  enum class Kind { kRead, kWrite };

  /// Errors: as SqlStatement::step; kUnavailable where somebody else writes.
  static Result<SqlTransaction> begin(Sql& sql, Kind kind);

  SqlTransaction(SqlTransaction&& other) noexcept;
  SqlTransaction& operator=(SqlTransaction&&) = delete;
  ~SqlTransaction();

  Status commit();

 private:
  explicit SqlTransaction(Sql& sql) : sql_(&sql) {}
  Sql* sql_;
};

}  // namespace quern
