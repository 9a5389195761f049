// Digests of files, remembered by what the system says of a file rather than by its content, so
// that a large file is read for its digest once. One text file; a line that cannot be read counts
// for nothing, and losing the file costs time only.
//   quern digests 1
//   <device> <inode> <bytes> <mtime_ns> <ctime_ns> <64 hex digits>

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"

namespace quern::hub {

struct RememberedDigest {
  FileIdentity identity;
  std::string sha256;
};

/// Every good line; nothing where the first line names another format.
std::vector<RememberedDigest> parse_digest_memo(std::string_view text);

class DigestMemo {
 public:
  explicit DigestMemo(std::string path) : path_(std::move(path)) {}

  std::optional<std::string> find(const FileIdentity& identity) const;

  /// Remembers the newest thousand. A file changed within the last two seconds is not remembered:
  /// it could change again under the same time. Failing to write is no error.
  void remember(const FileIdentity& identity, const std::string& sha256) const;

 private:
  std::vector<RememberedDigest> read() const;

  std::string path_;
};

}  // namespace quern::hub
