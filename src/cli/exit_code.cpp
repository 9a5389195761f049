#include "cli/exit_code.h"

#include <string>

#include "base/standard_error.h"

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
  std::string line = "quern: ";
  for (const char c : message) {
    // A name from a hostile file must not steer the terminal.
    const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
    line += control || c == 0x7f ? '?' : c;
  }
  line += '\n';
  print_note(line);
}

ExitCode fail(const Status& status) {
  print_error(status.message());
  return exit_code(status);
}

ExitCode fail_or_ok(const Status& status) { return status.ok() ? kExitOk : fail(status); }

}  // namespace quern::cli
