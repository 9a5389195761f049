// Results on disk, kept between runs: one SQLite file, bounded in bytes, each row checked when it
// is read. It can be removed at any time, and never keeps anybody from starting: what cannot be
// used is set aside under another name. Layout in docs/cache.md.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/byte_ledger.h"
#include "base/sql.h"
#include "engine/cache/result_key.h"
#include "engine/cache/stored_result.h"

namespace quern::engine {

/// What the file holds.
struct ResultFileInfo {
  std::size_t n_items = 0;
  std::size_t n_bytes = 0;       // Of the results.
  std::size_t n_file_bytes = 0;  // Of the file.
};

struct ResultDiskStats {
  long n_hits = 0;
  long n_unusable = 0;  // Rows that were damaged, and went.
  long n_written = 0;
  long n_dropped = 0;
  long n_evicted = 0;
  std::size_t n_items = 0;
  std::size_t n_bytes = 0;
};

/// Threads: any. Any number of processes may use one folder.
class ResultDisk {
 public:
  static constexpr const char* kTenant = "cache/disk";
  static constexpr std::int64_t kVersion = 1;

  /// Where the results of a folder lie.
  static std::string file_in(const std::string& folder);

  /// Makes the folder and the file where they are missing. A file of another version, or damaged,
  /// is set aside, which is logged. Errors: kIo; kExhausted: the ledger, which outlives us, has no
  /// room for SQLite's memory.
  static Result<std::unique_ptr<ResultDisk>> open(ByteLedger& ledger, const std::string& folder,
                                                  std::size_t limit_bytes);

  /// Writes what waits.
  ~ResultDisk();
  ResultDisk(const ResultDisk&) = delete;
  ResultDisk& operator=(const ResultDisk&) = delete;

  /// False for what is not there or damaged, and where the file cannot be read now.
  bool find(const ResultKey& key, StoredResult& out);

  /// Is written soon, on a thread of ours; dropped where that is far behind.
  void put(const ResultKey& key, const StoredResult& result);

  void remove(const ResultKey& key);

  /// Waits until all that was put before is written, or dropped.
  void flush();

  ResultDiskStats stats() const;

 private:
  struct Change {
    ResultKey key;
    std::string row;      // "": it goes.
    bool is_use = false;  // Only marks it as used.
  };

  ResultDisk(std::string path, std::size_t limit_bytes, Reservation bytes);

  Status open_file();
  Status begin_file();
  void set_aside(const Status& why);
  void add(Change change);
  bool is_much() const { return n_pending_bytes_ >= most_pending_ / 2; }  // With the mutex held.
  void writer_main();
  Status write(const std::vector<Change>& changes);
  Status write_all(const std::vector<Change>& changes);
  Status evict();
  void stop_writing(const Status& why);

  const std::string path_;
  const std::size_t limit_bytes_;
  const std::size_t most_pending_;
  const Reservation bytes_;

  std::mutex read_mutex_;  // Guards these.
  Sql reader_;
  SqlStatement find_row_;

  Sql writer_;            // The writer thread's, from the constructor on.
  std::int64_t now_ = 0;  // Counts the writes: what was used last has the largest.

  mutable std::mutex mutex_;  // Guards these.
  std::condition_variable work_cv_, done_cv_;
  std::vector<Change> pending_;
  std::size_t n_pending_bytes_ = 0;  // With what is being written.
  bool writing_ = false;
  bool hurry_ = false;
  bool stopping_ = false;
  bool is_off_ = false;  // Nothing is written any more.

  std::atomic<bool> is_damaged_{false};  // Seen while reading: the writer sets it aside.
  std::atomic<long> n_hits_{0}, n_unusable_{0}, n_written_{0}, n_dropped_{0}, n_evicted_{0};
  std::atomic<std::int64_t> n_items_{0}, n_result_bytes_{0};

  std::thread thread_;
};

/// Of a folder's file, which nobody needs to have open. Errors: kNotFound; kBadInput for a file
/// that is none of ours, or of another version; kIo.
Result<ResultFileInfo> result_file_info(const std::string& folder);

/// Removes all results of the folder's file, also while others use it, and says how many bytes the
/// file became smaller by. Errors: as result_file_info; kUnavailable where another process is at
/// it.
Result<std::size_t> clear_result_file(const std::string& folder);

}  // namespace quern::engine
