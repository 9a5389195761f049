// SIGINT and SIGTERM as a flag that long commands look at, so that they can put things in order.

#pragma once

namespace quern::cli {

/// From here on the first SIGINT or SIGTERM only sets the flag (and interrupts a waiting read); one
/// that comes a second later ends the process. SIGPIPE becomes an error of write().
void watch_interrupts();

bool is_interrupted();

/// Forgets the signal: it was for what just ended, not for the program.
void clear_interrupt();

}  // namespace quern::cli
