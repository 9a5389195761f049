// The hidden command with which the program runs itself to parse source files.

#pragma once

#include <optional>

namespace quern::cli {

/// Its exit code where the arguments are that command's; before anything else is set up, since a
/// worker needs none of it and is waited for.
std::optional<int> run_as_chunk_worker(int argc, const char* const* argv);

}  // namespace quern::cli
