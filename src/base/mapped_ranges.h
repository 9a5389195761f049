// Which file lies at an address: for the moment when a mapped page cannot be read any more, because
// the file was cut short in place or its disk failed, and the system sends SIGBUS.

#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace quern {

/// Threads: any. Of more than 4,096 mappings at once the further ones have no name.
void note_mapping(std::span<const std::byte> bytes, const std::string& path);
void forget_mapping(std::span<const std::byte> bytes);

/// The path of the mapping that holds `address`, or null. May be called from a signal handler; the
/// path stays as long as the mapping.
const char* mapped_path(const void* address);

/// From here on SIGBUS in a mapping ends the process with a line on standard error that names the
/// file, and with `exit_code`. Elsewhere it does what it always did.
void explain_lost_mappings(int exit_code);

}  // namespace quern
