// How a command ends: the exit codes of docs/cli.md, and the one way errors reach the user.

#pragma once

#include <string_view>

#include "base/status.h"

namespace quern::cli {

enum ExitCode : int {
  kExitOk = 0,
  kExitSomeFailed = 1,  // Some inputs failed; everything else was done and written.
  kExitUsage = 2,
  kExitNotFound = 3,
  kExitBadInput = 4,
  kExitMemory = 5,
  kExitIo = 6,
  kExitUnavailable = 7,
  kExitInterrupted = 130,
};

ExitCode exit_code(const Status& status);

/// Writes text for a person to stderr, as it is. Where nobody can read it, it is dropped: no work
/// ends for want of a reader of messages.
void print_note(std::string_view text);

/// Writes "quern: message" and a newline to stderr, control characters made visible.
void print_error(std::string_view message);

/// Prints the error and returns its exit code.
ExitCode fail(const Status& status);

/// As fail, but kExitOk without a word if there is no error.
ExitCode fail_or_ok(const Status& status);

}  // namespace quern::cli
