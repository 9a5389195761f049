#include "base/file_error.h"

#include <cerrno>

#include <fmt/format.h>

#include "base/mapped_file.h"

namespace quern {

Status file_error(const char* action, const std::string& path, int error) {
  const Code code = error == ENOENT || error == ENOTDIR     ? Code::kNotFound
                    : error == EEXIST || error == ENOTEMPTY ? Code::kUnavailable
                                                            : Code::kIo;
  return {code, fmt::format("cannot {} '{}': {}", action, path, errno_text(error))};
}

}  // namespace quern
