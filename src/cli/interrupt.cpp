#include "cli/interrupt.h"

#include <csignal>
#include <ctime>

#include <time.h>
#include <unistd.h>

namespace quern::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;
volatile std::time_t first_s = 0;

// timeout(1) and some shells send one stop twice, to the process and to its group: only a signal
// that comes later is a second wish.
extern "C" void note_interrupt(int signal) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (interrupted == 0) {
    interrupted = 1;
    first_s = now.tv_sec;
  } else if (now.tv_sec > first_s + 1) {
    _exit(128 + signal);
  }
}

}  // namespace

void watch_interrupts() {
  struct sigaction action{};
  action.sa_handler = note_interrupt;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;  // No SA_RESTART: a waiting read must return.
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool is_interrupted() { return interrupted != 0; }
void clear_interrupt() { interrupted = 0; }

}  // namespace quern::cli
