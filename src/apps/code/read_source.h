// The bytes of a file in a source tree, as they were at one moment as far as can be told.

#pragma once

#include <cstdint>
#include <string>

#include "apps/code/tree_walk.h"
#include "base/status.h"

namespace quern::apps {

struct SourceBytes {
  WalkedFile file;           // Its numbers from before it was read: what changes meanwhile shows.
  std::int64_t read_ns = 0;  // When that was, by the clock that files have.
  std::string bytes;
};

/// A regular file below `root`; no link is followed, and nothing else is opened. Errors: kNotFound
/// where it is gone or no file any more; kTooLarge above `max_bytes`; kIo.
Result<SourceBytes> read_source(const std::string& root, const std::string& path,
                                std::uint64_t max_bytes);

}  // namespace quern::apps
