// SHA-256 of bytes and files, as lower-case hex.

#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/mapped_file.h"
#include "base/status.h"

namespace quern {

std::string sha256_hex(std::span<const std::byte> bytes);

/// Of all bytes of the file. Their pages are given back on the way: a file larger than memory is
/// never resident whole.
std::string sha256_hex(const MappedFile& file);

/// Errors: as MappedFile::open.
Result<std::string> sha256_hex_of_file(const std::string& path);

}  // namespace quern
