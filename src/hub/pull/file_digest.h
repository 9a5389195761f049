// The digests by which the hub knows a file, of a file on the disk.

#pragma once

#include <string>

#include "base/status.h"
#include "hub/pull/listing.h"

namespace quern::hub {

/// "blob <n_bytes>\0" and the content under SHA-1: git's name of a file's content. Lower-case hex.
Result<std::string> git_sha1_of_file(const std::string& path);

/// Reads the whole file and returns its sha256.
/// Errors: kIo, kNotFound; kBadInput where size or digest are not what the listing says.
Result<std::string> check_file(const std::string& path, const ListedFile& want);

}  // namespace quern::hub
