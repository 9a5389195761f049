#include "engine/cache/result_disk.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "engine/cache/disk_row.h"

namespace quern::engine {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kFileName = "results.sqlite";
constexpr const char* kSetAsideName = "results-unusable.sqlite";
constexpr std::int64_t kApplicationId = 0x51726E31;  // "Qrn1"

// What waits to be written, at most, and SQLite's own memory: two connections with page caches of
// 1 MB each.
constexpr std::size_t kMaxPendingBytes = 4 << 20;
constexpr std::size_t kPendingShare = 16;  // Of the limit, where that is less: the log grows by it.
constexpr std::size_t kSqliteBytes = 3 << 20;
constexpr auto kWriteAfter = 100ms;
constexpr int kReadPatienceMs = 5;
constexpr int kWritePatienceMs = 2000;

// Of a row beside its value: key, numbers, and its places in the two indexes.
constexpr std::int64_t kRowOverhead = 128;
// Pages are not full, and the log of what is being written comes on top.
constexpr double kShareOfRows = 0.75;
constexpr std::int64_t kEvictAtOnce = 64;

constexpr const char* kSettings =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -1024;"
    "PRAGMA wal_autocheckpoint = 128; PRAGMA journal_size_limit = 524288;"
    "PRAGMA temp_store = MEMORY;";

constexpr const char* kSchema =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS result (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE,"
    " used INTEGER NOT NULL, value BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS by_use ON result (used);"
    "CREATE TABLE IF NOT EXISTS total (id INTEGER PRIMARY KEY CHECK (id = 1),"
    " n_items INTEGER NOT NULL, n_bytes INTEGER NOT NULL);"
    "INSERT OR IGNORE INTO total VALUES (1, 0, 0);";

/// Not ours, of another version, or damaged: what is not kIo.
Status check_file(Sql& file) {
  QUERN_ASSIGN(const std::int64_t application, file.number("PRAGMA application_id"));
  QUERN_ASSIGN(const std::int64_t version, file.number("PRAGMA user_version"));
  QUERN_ASSIGN(const std::int64_t n_tables, file.number("SELECT COUNT(*) FROM sqlite_master"));
  if (n_tables == 0 && application == 0) return {};  // Whoever began it was ended there.
  if (application != kApplicationId) return {Code::kBadInput, "it is no file of results"};
  if (version != ResultDisk::kVersion) {
    return {Code::kUnsupported,
            fmt::format("it is of version {}, want {}", version, ResultDisk::kVersion)};
  }
  return {};
}

std::int64_t row_bytes(std::size_t value_bytes) {
  return static_cast<std::int64_t>(value_bytes) + kRowOverhead;
}

std::size_t size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t n = fs::file_size(path, error);
  return error ? 0 : static_cast<std::size_t>(n);
}

std::size_t size_with_log(const std::string& path) {
  return size_of(path) + size_of(path + "-wal");
}

}  // namespace

std::string ResultDisk::file_in(const std::string& folder) { return folder + "/" + kFileName; }

Result<std::unique_ptr<ResultDisk>> ResultDisk::open(ByteLedger& ledger, const std::string& folder,
                                                     std::size_t limit_bytes) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Status(Code::kIo, "cannot make '" + folder + "': " + error.message());
  QUERN_ASSIGN(Reservation bytes, ledger.reserve(kTenant, kMaxPendingBytes + kSqliteBytes));
  std::unique_ptr<ResultDisk> disk(new ResultDisk(file_in(folder), limit_bytes, std::move(bytes)));
  Status opened = disk->open_file();
  if (opened.code() == Code::kBadInput || opened.code() == Code::kUnsupported) {
    disk->set_aside(opened);
    opened = disk->open_file();
  }
  QUERN_TRY(opened.in("'" + disk->path_ + "'"));
  disk->thread_ = std::thread([d = disk.get()] { d->writer_main(); });
  return disk;
}

ResultDisk::ResultDisk(std::string path, std::size_t limit_bytes, Reservation bytes)
    : path_(std::move(path)),
      limit_bytes_(limit_bytes),
      most_pending_(std::min(kMaxPendingBytes, limit_bytes / kPendingShare)),
      bytes_(std::move(bytes)) {}

ResultDisk::~ResultDisk() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  work_cv_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status ResultDisk::open_file() {
  QUERN_ASSIGN(writer_, Sql::open(path_, Sql::Access::kCreate, kWritePatienceMs));
  QUERN_TRY(check_file(writer_));
  QUERN_TRY(writer_.run(kSettings));
  QUERN_TRY(begin_file());
  QUERN_ASSIGN(n_items_, writer_.number("SELECT n_items FROM total"));
  QUERN_ASSIGN(n_result_bytes_, writer_.number("SELECT n_bytes FROM total"));
  QUERN_ASSIGN(now_, writer_.number("SELECT MAX(used) FROM result"));
  const std::lock_guard<std::mutex> lock(read_mutex_);
  QUERN_ASSIGN(reader_, Sql::open(path_, Sql::Access::kRead, kReadPatienceMs));
  QUERN_TRY(reader_.run("PRAGMA cache_size = -1024"));
  QUERN_ASSIGN(find_row_, reader_.prepare("SELECT value FROM result WHERE key = ?"));
  return {};
}

// Another process may be doing the same.
Status ResultDisk::begin_file() {
  QUERN_TRY(writer_.run(kSchema));
  QUERN_TRY(writer_.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT",
                                    kApplicationId, kVersion)
                            .c_str()));
  return {};
}

// Another process may have set it aside before us: what lies there now is its new file.
void ResultDisk::set_aside(const Status& why) {
  const bool is_ours = !writer_.has_moved();
  {
    const std::lock_guard<std::mutex> lock(read_mutex_);
    find_row_ = SqlStatement();
    reader_ = Sql();
  }
  writer_ = Sql();
  if (!is_ours) return;
  const std::string aside = (fs::path(path_).parent_path() / kSetAsideName).string();
  log_warn("results kept in '{}' cannot be used: {}; set aside as '{}', a new file is begun", path_,
           why.message(), aside);
  std::error_code error;
  for (const char* part : {"-wal", "-shm", ""}) {
    fs::remove(aside + part, error);
    fs::rename(path_ + part, aside + part, error);
  }
}

bool ResultDisk::find(const ResultKey& key, StoredResult& out) {
  const std::lock_guard<std::mutex> lock(read_mutex_);
  if (!reader_.is_open()) return false;
  find_row_.bind_blob(1, key.bytes);
  const Result<bool> has_row = find_row_.step();
  bool is_found = false;
  if (!has_row.ok()) {
    if (has_row.status().code() == Code::kBadInput) is_damaged_ = true;
  } else if (*has_row) {
    Result<StoredResult> row = parse_disk_row(key, find_row_.blob(0));
    is_found = row.ok();
    if (is_found) out = std::move(*row);
  }
  find_row_.reset();
  if (is_found) {
    ++n_hits_;
    add({.key = key, .row = {}, .is_use = true});
  } else if (has_row.ok() && *has_row) {
    ++n_unusable_;
    add({.key = key, .row = {}});
  }
  return is_found;
}

void ResultDisk::put(const ResultKey& key, const StoredResult& result) {
  // One that would push out all others is not worth it.
  if (result.n_bytes() > limit_bytes_ / 8) return;
  add({.key = key, .row = disk_row(key, result)});
}

void ResultDisk::remove(const ResultKey& key) { add({.key = key, .row = {}}); }

void ResultDisk::add(Change change) {
  bool wake = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::size_t n_bytes = sizeof change + change.row.size();
    if (is_off_ || n_pending_bytes_ + n_bytes > most_pending_) {
      if (!change.row.empty()) ++n_dropped_;
      return;
    }
    n_pending_bytes_ += n_bytes;
    pending_.push_back(std::move(change));
    wake = pending_.size() == 1 || is_much();
  }
  if (wake) work_cv_.notify_one();
}

void ResultDisk::flush() {
  std::unique_lock<std::mutex> lock(mutex_);
  hurry_ = true;
  work_cv_.notify_one();
  done_cv_.wait(lock, [&] { return pending_.empty() && !writing_; });
}

// Changes in batches: each commit costs as much as many rows.
void ResultDisk::writer_main() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    work_cv_.wait(lock, [&] { return stopping_ || !pending_.empty(); });
    if (pending_.empty()) return;
    work_cv_.wait_for(lock, kWriteAfter, [&] { return stopping_ || hurry_ || is_much(); });
    std::vector<Change> changes = std::exchange(pending_, {});
    const std::size_t n_bytes = n_pending_bytes_;
    hurry_ = false;
    writing_ = true;
    lock.unlock();
    const Status written = write(changes);
    changes.clear();
    if (!written.ok()) stop_writing(written);
    lock.lock();
    n_pending_bytes_ -= std::min(n_bytes, n_pending_bytes_);  // Till here it was in memory.
    writing_ = false;
    done_cv_.notify_all();
  }
}

Status ResultDisk::write(const std::vector<Change>& changes) {
  if (is_damaged_.exchange(false)) {
    set_aside({Code::kBadInput, "it is damaged"});
    QUERN_TRY(open_file());
  }
  if (!writer_.is_open()) return {};
  Status written = write_all(changes);
  if (written.ok()) return written;
  // Nothing of it stays: SQLite may have rolled back already.
  static_cast<void>(writer_.run("ROLLBACK"));
  const auto n_rows =
      std::count_if(changes.begin(), changes.end(), [](const Change& c) { return !c.row.empty(); });
  n_dropped_ += n_rows;
  if (written.code() == Code::kUnavailable) return {};  // Another process is at it.
  if (written.code() != Code::kBadInput) return written;
  set_aside(written);
  return open_file();
}

Status ResultDisk::write_all(const std::vector<Change>& changes) {
  QUERN_TRY(writer_.run("BEGIN IMMEDIATE"));
  QUERN_ASSIGN(SqlStatement insert,
               writer_.prepare("INSERT OR IGNORE INTO result (key, used, value) VALUES (?, ?, ?)"));
  QUERN_ASSIGN(SqlStatement use, writer_.prepare("UPDATE result SET used = ? WHERE key = ?"));
  QUERN_ASSIGN(SqlStatement remove, writer_.prepare("DELETE FROM result WHERE key = ? "
                                                    "RETURNING length(value)"));
  QUERN_ASSIGN(SqlStatement count, writer_.prepare("UPDATE total SET n_items = n_items + ?, "
                                                   "n_bytes = n_bytes + ?"));
  std::int64_t n_items = 0;
  std::int64_t n_bytes = 0;
  long n_written = 0;
  for (const Change& change : changes) {
    ++now_;
    if (change.is_use) {
      use.bind(1, now_);
      use.bind_blob(2, change.key.bytes);
      QUERN_TRY(use.run());
    } else if (change.row.empty()) {
      remove.bind_blob(1, change.key.bytes);
      QUERN_ASSIGN(const bool was_there, remove.step());
      if (was_there) n_bytes -= row_bytes(static_cast<std::size_t>(remove.number(0)));
      n_items -= was_there ? 1 : 0;
      remove.reset();
    } else {
      insert.bind_blob(1, change.key.bytes);
      insert.bind(2, now_);
      insert.bind_blob(3, std::as_bytes(std::span(change.row)));
      QUERN_TRY(insert.run());
      if (writer_.n_changed() == 0) continue;
      n_bytes += row_bytes(change.row.size());
      ++n_items;
      ++n_written;
    }
  }
  count.bind(1, n_items);
  count.bind(2, n_bytes);
  QUERN_TRY(count.run());
  QUERN_TRY(evict());
  QUERN_TRY(writer_.run("COMMIT"));
  n_written_ += n_written;
  QUERN_ASSIGN(n_items_, writer_.number("SELECT n_items FROM total"));
  QUERN_ASSIGN(n_result_bytes_, writer_.number("SELECT n_bytes FROM total"));
  return {};
}

// Those that were used longest ago.
Status ResultDisk::evict() {
  const auto limit = static_cast<std::int64_t>(static_cast<double>(limit_bytes_) * kShareOfRows);
  SqlStatement oldest, count;
  QUERN_ASSIGN(
      oldest, writer_.prepare("DELETE FROM result WHERE id IN (SELECT id FROM result ORDER BY used "
                              "LIMIT ?) RETURNING length(value)"));
  QUERN_ASSIGN(count, writer_.prepare("UPDATE total SET n_items = n_items - ?, n_bytes = n_bytes - "
                                      "?"));
  for (;;) {
    QUERN_ASSIGN(const std::int64_t held, writer_.number("SELECT n_bytes FROM total"));
    if (held <= limit) return {};
    std::int64_t n_items = 0;
    std::int64_t n_bytes = 0;
    oldest.bind(1, kEvictAtOnce);
    for (;;) {
      QUERN_ASSIGN(const bool has_row, oldest.step());
      if (!has_row) break;
      ++n_items;
      n_bytes += row_bytes(static_cast<std::size_t>(oldest.number(0)));
    }
    oldest.reset();
    // A total that says more than there is: a file whose rows were lost.
    if (n_items == 0) return writer_.run("UPDATE total SET n_items = 0, n_bytes = 0");
    n_evicted_ += static_cast<long>(n_items);
    count.bind(1, n_items);
    count.bind(2, n_bytes);
    QUERN_TRY(count.run());
  }
}

// What is there can still be read.
void ResultDisk::stop_writing(const Status& why) {
  log_warn("results are not written to '{}' any more: {}", path_, why.message());
  const std::lock_guard<std::mutex> lock(mutex_);
  is_off_ = true;
  for (const Change& change : pending_) n_dropped_ += change.row.empty() ? 0 : 1;
  pending_.clear();
  n_pending_bytes_ = 0;
}

ResultDiskStats ResultDisk::stats() const {
  return {.n_hits = n_hits_,
          .n_unusable = n_unusable_,
          .n_written = n_written_,
          .n_dropped = n_dropped_,
          .n_evicted = n_evicted_,
          .n_items = static_cast<std::size_t>(std::max<std::int64_t>(0, n_items_)),
          .n_bytes = static_cast<std::size_t>(std::max<std::int64_t>(0, n_result_bytes_))};
}

Result<ResultFileInfo> result_file_info(const std::string& folder) {
  const std::string path = ResultDisk::file_in(folder);
  if (!fs::exists(path)) return Status(Code::kNotFound, "'" + path + "' does not exist");
  QUERN_ASSIGN(Sql file, Sql::open(path, Sql::Access::kWrite, kWritePatienceMs));
  QUERN_TRY(check_file(file).in("'" + path + "'"));
  ResultFileInfo info;
  QUERN_ASSIGN(const std::int64_t n_items, file.number("SELECT n_items FROM total"));
  QUERN_ASSIGN(const std::int64_t n_bytes, file.number("SELECT n_bytes FROM total"));
  info.n_items = static_cast<std::size_t>(n_items);
  info.n_bytes = static_cast<std::size_t>(n_bytes);
  info.n_file_bytes = size_with_log(path);
  return info;
}

Result<std::size_t> clear_result_file(const std::string& folder) {
  QUERN_TRY(result_file_info(folder).status());
  const std::string path = ResultDisk::file_in(folder);
  const std::size_t before = size_with_log(path);
  QUERN_ASSIGN(Sql file, Sql::open(path, Sql::Access::kWrite, kWritePatienceMs));
  QUERN_TRY(
      file.run("BEGIN IMMEDIATE; DELETE FROM result;"
               "UPDATE total SET n_items = 0, n_bytes = 0; COMMIT; VACUUM;"
               "PRAGMA wal_checkpoint(TRUNCATE);"));
  return before - std::min(before, size_with_log(path));
}

}  // namespace quern::engine
