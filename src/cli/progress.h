// What long work shows on stderr: one line drawn again and again on a terminal, a plain line every
// few seconds elsewhere, nothing when quiet.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>

namespace quern::cli {

enum class ProgressStyle { kBar, kLines, kNone };

/// kBar if `stream` is a terminal that can move its cursor.
ProgressStyle progress_style(std::FILE* stream, bool quiet);

/// The work so far.
struct WorkDone {
  long n_texts = 0;
  long n_tokens = 0;
  long n_batches = 0;
  std::optional<double> share;     // Of all the work, 0 to 1; unknown for pipes.
  std::size_t resident_bytes = 0;  // Of this process.
};

/// "embed  42 % [####------]  812 texts/s  151,000 tokens/s  143 MB  0:23 left", cut to
/// `n_columns`.
std::string progress_bar(const std::string& what, const WorkDone& done, double seconds,
                         int n_columns);

/// "embed: 12,800 texts (42 %), batch 120 of about 286, 812 texts/s, 151,000 tokens/s, 143 MB,
/// 0:23 left".
std::string progress_line(const std::string& what, const WorkDone& done, double seconds);

/// "1,234,567".
std::string grouped(long number);

/// "0:23", "1:02:03".
std::string clock_time(double seconds);

class Progress {
 public:
  Progress(std::string what, ProgressStyle style, std::FILE* stream);
  ~Progress();  // Wipes the bar.

  /// Draws if it is time to; cheap to call often (see is_due).
  void show(const WorkDone& done);
  bool is_due() const;
  void wipe();

  double seconds() const;  // Since construction.

 private:
  void put(const std::string& text);

  using Clock = std::chrono::steady_clock;
  std::string what_;
  ProgressStyle style_;
  std::FILE* stream_;
  Clock::time_point start_;
  Clock::time_point next_;
  bool drawn_ = false;
};

}  // namespace quern::cli
