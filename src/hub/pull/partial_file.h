// A file that is being fetched: its bytes, at their places, and beside it a record of which pieces
// are whole, so that a pull that was ended at any moment goes on where it was.
//   NAME            n_bytes long from the start, with holes
//   NAME.pieces     "quern pieces 1 <n_bytes> <piece_bytes> <digest>\n", then '0' or '1' per piece
// The record runs behind the bytes. After a crash of the machine it may run ahead of what reached
// the disk; the file's digest, checked when it is whole, has the last word.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace quern::hub {

class PartialFile {
 public:
  /// Goes on with what lies at `path`, or begins anew where the record does not match.
  /// Errors: kIo (disk full, not writable, ...).
  static Result<PartialFile> open(const std::string& path, std::uint64_t n_bytes,
                                  std::size_t piece_bytes, const std::string& digest);

  PartialFile(PartialFile&& other) noexcept;
  PartialFile& operator=(PartialFile&& other) noexcept;
  ~PartialFile();

  const std::string& path() const { return path_; }
  std::size_t n_pieces() const { return is_whole_.size(); }
  bool is_whole(std::size_t piece) const { return is_whole_[piece]; }
  std::uint64_t piece_begin(std::size_t piece) const;
  std::uint64_t piece_end(std::size_t piece) const;  // n_bytes at most.
  std::uint64_t n_missing_bytes() const;

  /// Threads: any, for different bytes. Errors: kIo.
  Status write(std::uint64_t at, std::string_view bytes) const;

  /// All bytes of the piece were written. Errors: kIo.
  Status mark_whole(std::size_t piece);

  /// No piece counts any more. Errors: kIo.
  Status forget_pieces();

  /// The whole file becomes `target`, its record goes. Errors: kIo.
  Status publish(const std::string& target);

 private:
  PartialFile() = default;
  std::string header() const;
  Status start_anew();
  bool read_record();

  std::string path_;
  std::uint64_t n_bytes_ = 0;
  std::size_t piece_bytes_ = 0;
  std::string digest_;
  std::vector<bool> is_whole_;
  int data_ = -1;
  int record_ = -1;
};

}  // namespace quern::hub
