// What long work shows on stderr: one line drawn again and again on a terminal, a plain line every
// few seconds elsewhere, nothing when quiet.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

namespace quern::cli {

enum class ProgressStyle { kBar, kLines, kNone };

/// kBar if `stream` is a terminal that can move its cursor.
ProgressStyle progress_style(std::FILE* stream, bool quiet);

/// The work so far. Of tokens and batches nothing is said where none were counted.
struct WorkDone {
  long n_texts = 0;
  long n_tokens = 0;
  long n_batches = 0;
  std::optional<double> share;     // Of all the work, 0 to 1; unknown for pipes.
  std::size_t resident_bytes = 0;  // Of this process.
};

/// A transfer so far.
struct BytesDone {
  std::uint64_t n_bytes = 0;
  std::uint64_t n_bytes_all = 0;
  double per_second = 0;  // Of late.
};

/// Work of which nothing is counted but how much of it is done.
struct ShareDone {
  double share = 0;  // 0 to 1.
};

/// "embed  42 % [####------]  812 texts/s  151,000 tokens/s  143 MB  0:23 left", cut to
/// `n_columns`.
std::string progress_bar(const std::string& what, const WorkDone& done, double seconds,
                         int n_columns);

/// "embed: 12,800 texts (42 %), batch 120 of about 286, 812 texts/s, 151,000 tokens/s, 143 MB,
/// 0:23 left".
std::string progress_line(const std::string& what, const WorkDone& done, double seconds);

/// "pull  42 % [####------]  38.1 MB of 90.9 MB  12.3 MB/s  0:04 left", cut to `n_columns`.
std::string progress_bar(const std::string& what, const BytesDone& done, double seconds,
                         int n_columns);

/// "pull: 38.1 MB of 90.9 MB (42 %), 12.3 MB/s, 0:04 left".
std::string progress_line(const std::string& what, const BytesDone& done, double seconds);

/// "fit  42 % [####------]  0:23 left", cut to `n_columns`.
std::string progress_bar(const std::string& what, const ShareDone& done, double seconds,
                         int n_columns);

/// "fit: 42 %, 0:23 left".
std::string progress_line(const std::string& what, const ShareDone& done, double seconds);

/// "1,234,567".
std::string grouped(long number);

/// "0:23", "1:02:03".
std::string clock_time(double seconds);

class Progress {
 public:
  Progress(std::string what, ProgressStyle style, std::FILE* stream);
  ~Progress();  // Wipes the bar.

  /// Draws if it is time to; cheap to call often (see is_due).
  template <typename Done>
  void show(const Done& done) {
    if (!is_due()) return;
    const bool is_bar = style_ == ProgressStyle::kBar;
    draw(is_bar ? progress_bar(what_, done, seconds(), n_columns())
                : progress_line(what_, done, seconds()));
  }
  bool is_due() const;
  void wipe();

  double seconds() const;  // Since construction.

 private:
  void draw(const std::string& text);
  void put(const std::string& text);
  int n_columns() const;

  using Clock = std::chrono::steady_clock;
  std::string what_;
  ProgressStyle style_;
  std::FILE* stream_;
  Clock::time_point start_;
  Clock::time_point next_;
  bool drawn_ = false;
};

}  // namespace quern::cli
