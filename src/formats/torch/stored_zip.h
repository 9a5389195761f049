// The entries of a zip file whose entries are stored as they are, as torch.save writes it.
// Source: PKWARE APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16 and 4.5.3.

#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "base/status.h"

namespace quern::formats {

using ZipEntries = std::map<std::string, std::span<const std::byte>, std::less<>>;

/// By name, borrowed from `file`.
/// Errors: kBadInput for what is no zip file or says what cannot be; kUnsupported for entries that
///   are compressed or encrypted.
Result<ZipEntries> read_stored_zip(std::span<const std::byte> file);

}  // namespace quern::formats
