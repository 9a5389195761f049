// One pair of files of a vector log: records, and their keys alone, which are read when the log is
// opened. Whoever appends holds a lock on the records; reading needs none, since each record says
// itself whether it is whole and whose it is.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/vector_log_form.h"
#include "base/status.h"

namespace quern::apps {

/// Threads: one at a time.
class VectorLogFile {
 public:
  /// `stem` is the path without ".qvl" and ".qvk". Errors: kNotFound; kUnavailable
  /// where it is just being made; kIo; as check_log_header.
  static Result<VectorLogFile> open(const std::string& stem, int d);

  /// A new, empty pair with the lock. Errors: kUnavailable where there is one already; kIo.
  static Result<VectorLogFile> create(const std::string& stem, int d);

  VectorLogFile(VectorLogFile&& other) noexcept;
  VectorLogFile& operator=(VectorLogFile&& other) noexcept;
  ~VectorLogFile();

  /// Takes the lock and cuts what a writer that was killed left half written. Errors:
  /// kUnavailable where somebody else appends, or the file was removed meanwhile; kIo.
  Status lock();
  void unlock();

  /// Keys of the records from `first` on, as the files are now. Errors: kIo.
  Result<std::vector<VectorKey>> keys(std::uint32_t first) const;

  /// Nothing where the record is damaged or another key's.
  std::optional<store::OwnedRow> read(std::uint32_t i_record, const VectorKey& key) const;

  /// With the lock; `records` are those of `keys`. After an error the files are as they were.
  /// Errors: kIo.
  Status append(std::span<const std::byte> records, std::span<const VectorKey> keys);

  std::uint32_t n_records() const { return n_records_; }  // With the lock: exactly.
  std::uint64_t n_bytes() const;                          // Of the records' file.

 private:
  VectorLogFile(int d) : d_(d) {}

  Status cut_behind_records();
  Result<std::uint32_t> whole_records() const;

  int d_ = 0;
  int records_fd_ = -1;
  int keys_fd_ = -1;
  std::string stem_;
  std::uint32_t n_records_ = 0;
};

std::string log_records_path(const std::string& stem);
std::string log_keys_path(const std::string& stem);

/// Removes a pair that nobody appends to; false where somebody does, or it could not be removed.
bool remove_log_file(const std::string& stem);

}  // namespace quern::apps
