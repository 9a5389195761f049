// What tells whether an input is as it was when it was read.

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::apps {

/// Of the readers as they are: with another number everything is read again. Raise it when the same
/// bytes give another paper.
inline constexpr int kPaperReadersVersion = 2;

/// SHA-256 of a record's bytes and the readers' version, 32 bytes.
std::string digest_of_record(std::string_view bytes);

/// The same of a file. Errors: as MappedFile::open.
Result<std::string> digest_of_record_file(const std::string& path);

}  // namespace quern::apps
