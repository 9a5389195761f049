#include "cli/exit_code.h"

#include <string>

#include "base/standard_error.h"
#include "cli/json_line.h"

namespace quern::cli {

ExitCode exit_code(const Status& status) {
  switch (status.code()) {
    case Code::kOk:
      return kExitOk;
    case Code::kNotFound:
      return kExitNotFound;
    case Code::kBadInput:
    case Code::kUnsupported:
      return kExitBadInput;
    case Code::kExhausted:
    case Code::kTooLarge:
      return kExitMemory;
    case Code::kIo:
      return kExitIo;
    case Code::kCancelled:
      return kExitInterrupted;
    case Code::kDeadline:
    case Code::kUnavailable:
      return kExitUnavailable;
  }
  return kExitSomeFailed;
}

void print_note(std::string_view text) { write_standard_error(text, WhenFull::kWait); }

void print_error(std::string_view message) {
  // A name from a hostile file must not steer the terminal.
  const std::string line = "quern: " + without_steering(message, '?', "\n\t") + '\n';
  print_note(line);
}

ExitCode fail(const Status& status) {
  print_error(status.message());
  return exit_code(status);
}

ExitCode fail_or_ok(const Status& status) { return status.ok() ? kExitOk : fail(status); }

}  // namespace quern::cli
