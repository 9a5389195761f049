// SHA-256 of bytes and files, as lower-case hex.

#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"

namespace quern {

std::string sha256_hex(std::span<const std::byte> bytes);

/// Errors: as MappedFile::open.
Result<std::string> sha256_hex_of_file(const std::string& path);

}  // namespace quern
