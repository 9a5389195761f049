// Signals and standard streams: what the process makes of them from its first line on, and the flag
// that long commands look at, so that they can put things in order.

#pragma once

namespace quern::cli {

/// First thing in main. Standard streams that are closed are put on the null device, in the
/// direction in which they fail, so that no file of ours gets their numbers. SIGPIPE and SIGXFSZ
/// become errors of write(). SIGINT, SIGTERM and SIGHUP (unless ignored, as under nohup) remove the
/// parts of files being written before they end the process. SIGBUS says which file it was.
void prepare_process();

/// From here on the first SIGINT, SIGTERM or SIGHUP only sets the flag (and interrupts a waiting
/// read); one that comes a second later ends the process.
void watch_interrupts();

bool is_interrupted();

/// Readable from the first signal until clear_interrupt(): who waits for input waits for this too,
/// since a signal may come between looking at the flag and the wait. -1 before watch_interrupts().
int interrupt_fd();

/// Forgets a SIGINT: it was for what just ended, not for the program. SIGTERM and SIGHUP stay.
void clear_interrupt();

/// Whether SIGHUP was ignored when the process began.
bool is_hangup_ignored();

}  // namespace quern::cli
