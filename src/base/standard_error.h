// Standard error, which may be gone: closed, a broken pipe, a full disk, a pipe that nobody reads.
// What cannot be written is dropped; nothing here fails or throws.

#pragma once

#include <string_view>

namespace quern {

/// What to do while a pipe or a terminal takes no more.
enum class WhenFull {
  kWait,  // Until it does, or a signal comes.
  kDrop,  // For whoever has others to serve.
};

/// Threads: any; at most 4,096 bytes stay together.
void write_standard_error(std::string_view text, WhenFull when_full);

}  // namespace quern
