// What tells one state of a file from another, of a path that nobody has opened.

#pragma once

#include <string>

#include <sys/stat.h>

#include "base/mapped_file.h"
#include "base/status.h"

namespace quern {

/// Of what was asked about.
FileIdentity file_identity(const struct stat& info);

/// Of the file or folder that is there now. Errors: kNotFound, kIo.
Result<FileIdentity> file_identity(const std::string& path);

}  // namespace quern
