#include "base/mapped_ranges.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include <unistd.h>

#include "base/part_file.h"
#include "base/standard_error.h"

namespace quern {
namespace {

/// A handler may look at any time: `begin` is set last and cleared first, and the path of a
/// mapping that is being read is not freed under the reader.
struct Range {
  std::atomic<std::uintptr_t> begin{0};  // 0: free.
  std::atomic<std::size_t> n_bytes{0};
  std::atomic<char*> path{nullptr};
};

std::array<Range, 4096> ranges;
std::mutex changing;

int exit_code_of_loss = 1;

std::uintptr_t number_of(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

void say(const char* text) { write_standard_error(text, WhenFull::kDrop); }

extern "C" void explain_and_end(int signal, siginfo_t* info, void*) {
  const char* path = mapped_path(info->si_addr);
  if (path == nullptr) {
    std::signal(signal, SIG_DFL);  // Back in the code that failed, it fails again, for good.
    return;
  }
  say("quern: '");
  say(path);
  say("' was changed while it was in use (cut short, or its disk failed): its bytes are gone\n");
  remove_part_files();
  ::_exit(exit_code_of_loss);
}

}  // namespace

void note_mapping(std::span<const std::byte> bytes, const std::string& path) {
  const std::lock_guard lock(changing);
  for (Range& range : ranges) {
    if (range.begin != 0) continue;
    range.path = ::strdup(path.c_str());
    range.n_bytes = bytes.size();
    range.begin = number_of(bytes.data());
    return;
  }
}

void forget_mapping(std::span<const std::byte> bytes) {
  const std::lock_guard lock(changing);
  for (Range& range : ranges) {
    if (range.begin != number_of(bytes.data())) continue;
    range.begin = 0;
    std::free(range.path.exchange(nullptr));
    return;
  }
}

const char* mapped_path(const void* address) {
  for (const Range& range : ranges) {
    const std::uintptr_t begin = range.begin;
    if (begin != 0 && number_of(address) - begin < range.n_bytes) return range.path;
  }
  return nullptr;
}

void explain_lost_mappings(int exit_code) {
  exit_code_of_loss = exit_code;
  struct sigaction action{};
  action.sa_sigaction = explain_and_end;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace quern
