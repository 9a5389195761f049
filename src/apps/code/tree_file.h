// Reading files that anybody may have put there: pipes are not waited for, links not followed where
// that is asked, and none is read beyond a limit.

#pragma once

#include <cstddef>
#include <string>

#include "base/status.h"

namespace quern::apps {

/// The folder `path` below `root_fd` ("": itself), or -1 with errno. No link on the way is followed
/// (ELOOP), and the path may be longer than the system takes at once. The caller closes it.
int open_folder_below(int root_fd, const std::string& path);

enum class Links { kFollow, kRefuse };

/// The bytes of a regular file of at most `max_bytes`.
/// Errors: kNotFound; kBadInput for what is no regular file, or a link that is refused; kTooLarge
/// with both numbers; kIo.
Result<std::string> read_file_at(int folder_fd, const std::string& name, std::size_t max_bytes,
                                 Links links);

/// As above by its path, links followed.
Result<std::string> read_whole_file(const std::string& path, std::size_t max_bytes);

}  // namespace quern::apps
