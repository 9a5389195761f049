// Lines to a pipe that nobody may be reading: who writes never waits, and the end comes in time.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace quern::serve {

/// Threads: any.
class LineWriter {
 public:
  using Clock = std::chrono::steady_clock;

  explicit LineWriter(int fd);
  ~LineWriter();  // finish(now).
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  void write(std::string line);  // Without its end.
  /// More waits to go out than should: write no more than must be.
  bool is_full() const { return n_unsent_ > kMaxUnsent; }
  /// Nobody can read any more.
  bool is_gone() const { return is_gone_; }
  /// Returns when all has gone out; at `deadline` what would still have to wait is dropped. Once.
  void finish(Clock::time_point deadline);

 private:
  static constexpr std::size_t kMaxUnsent = 4 << 20;  // Bytes.

  void main();
  void send(const std::string& line);

  const int fd_;
  std::atomic<std::size_t> n_unsent_{0};
  std::atomic<bool> is_gone_{false};
  std::atomic<Clock::time_point> deadline_{Clock::time_point::max()};
  std::mutex mutex_;  // Guards these.
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  bool is_over_ = false;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace quern::serve
