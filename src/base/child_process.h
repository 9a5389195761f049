// A program run as a child within limits, spoken to over its standard input and output: for work on
// outside data that may crash, hang or take all memory.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/status.h"

namespace quern {

/// What a child sees of the environment beside what it is given.
enum class Environment { kOurs, kOnlyGiven };

struct ChildOptions {
  std::string program = {};  // "": this program's own file.
  std::vector<std::string> arguments = {};
  std::vector<std::string> environment = {};  // "NAME=value", in place of ours of that name.
  Environment others = Environment::kOurs;
  std::size_t heap_bytes = 0;        // Memory of its own (RLIMIT_DATA); 0: no limit.
  std::size_t address_bytes = 0;     // Address space (RLIMIT_AS), files mapped too; 0: no limit.
  std::chrono::seconds cpu_time{0};  // Of its whole life; 0: no limit.
};

/// Its standard input and output are one socket to us, its standard error goes nowhere; no other
/// file of ours is open in it. It leaves no core dump. It is killed when the thread that started it
/// ends, and so with us, however we end: start children on a thread that lives as long as they.
/// Threads: one at a time; one that writes and one that reads may be two.
class ChildProcess {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// Errors: kIo (no pipe, no process), kNotFound (no such program).
  static Result<std::unique_ptr<ChildProcess>> start(const ChildOptions& options);

  /// Kills it where it still runs, and waits for its end.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// All of `bytes`. Errors: kUnavailable (it reads no more), kDeadline, kIo. Raises no SIGPIPE.
  Status write(std::string_view bytes, Deadline deadline);

  /// Fills `out`. Errors: as write.
  Status read(std::span<char> out, Deadline deadline);

  /// What there is, out.size() bytes at most, as soon as there is any; 0 where it says no more.
  /// Errors: kDeadline, kIo.
  Result<std::size_t> read_some(std::span<char> out, Deadline deadline);

  /// Kills it where it still runs; one that closed its end by itself has a moment to end. How it
  /// ended: "exit code 3", "signal 11 (Segmentation fault)".
  std::string end();

  pid_t pid() const { return pid_; }  // Of no process after end().

 private:
  ChildProcess() = default;

  pid_t pid_ = -1;
  int socket_ = -1;
  std::atomic<bool> has_left_{false};  // Closed its end, so that it is ending by itself.
  std::string ending_;
};

}  // namespace quern
