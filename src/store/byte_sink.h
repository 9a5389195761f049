// Where a writer of a section puts its bytes: a buffer, a temporary file, the container itself.

#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/status.h"

namespace quern::store {

/// Takes the next bytes. Errors are those of whoever stores them; the writer passes them on.
using ByteSink = std::function<Status(std::span<const std::byte>)>;

}  // namespace quern::store
