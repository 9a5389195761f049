#include "cli/interrupt.h"

#include <cerrno>
#include <csignal>
#include <ctime>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/mapped_ranges.h"
#include "base/part_file.h"
#include "cli/exit_code.h"

namespace quern::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;  // The first signal.
volatile std::time_t first_s = 0;
int wake_fd = -1;

// timeout(1) and some shells send one stop twice, to the process and to its group: only a signal
// that comes later is a second wish.
extern "C" void note_interrupt(int signal) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (interrupted == 0) {
    interrupted = signal;
    first_s = now.tv_sec;
    const int error = errno;
    static_cast<void>(::eventfd_write(wake_fd, 1));
    errno = error;
  } else if (now.tv_sec > first_s + 1) {
    remove_part_files();
    _exit(128 + signal);
  }
}

extern "C" void end_at_once(int signal) {
  remove_part_files();
  std::signal(signal, SIG_DFL);
  std::raise(signal);  // Ends the process when this handler returns, by the signal as it should.
}

void on_stop_signals(void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;  // No SA_RESTART: a waiting read must return.
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  if (!is_hangup_ignored()) sigaction(SIGHUP, &action, nullptr);
}

void open_closed_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // open() takes the lowest number that is free, which is this one. Reading from a closed input
    // is an error, and so is writing results to a closed output: nothing is lost in silence.
    static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

}  // namespace

bool is_hangup_ignored() {
  static const bool ignored = [] {
    struct sigaction now{};
    return sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
  }();
  return ignored;
}

void prepare_process() {
  open_closed_streams();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  on_stop_signals(end_at_once);
  explain_lost_mappings(kExitIo);
}

void watch_interrupts() {
  if (wake_fd < 0) wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  on_stop_signals(note_interrupt);
}

bool is_interrupted() { return interrupted != 0; }
int interrupt_fd() { return wake_fd; }

void clear_interrupt() {
  if (interrupted != SIGINT) return;
  eventfd_t n = 0;
  static_cast<void>(::eventfd_read(wake_fd, &n));
  interrupted = 0;
}

}  // namespace quern::cli
