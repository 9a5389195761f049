// An error of the system about a file, as a Status.

#pragma once

#include <string>

#include "base/status.h"

namespace quern {

/// "cannot ACTION 'PATH': REASON" of an errno. Codes: kNotFound where there is no such file or
/// folder, kUnavailable where there is one already, else kIo.
Status file_error(const char* action, const std::string& path, int error);

}  // namespace quern
