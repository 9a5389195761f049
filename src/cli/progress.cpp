#include "cli/progress.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/byte_ledger.h"

namespace quern::cli {
namespace {

constexpr auto kBarEvery = std::chrono::milliseconds(100);
constexpr auto kLineEvery = std::chrono::seconds(5);
constexpr int kBarColumns = 20;

long per_second(long n, double seconds) {
  return seconds > 0 ? static_cast<long>(static_cast<double>(n) / seconds + 0.5) : 0;
}

// An estimate from the first moments would only jump about.
std::string time_left(double share, double seconds) {
  if (share < 0.005 || seconds < 0.5) return {};
  return clock_time(seconds * (1 - share) / share) + " left";
}

std::string time_left(const WorkDone& done, double seconds) {
  return done.share ? time_left(*done.share, seconds) : std::string();
}

std::string bar_of(double share) {
  const double inside = std::clamp(share, 0.0, 1.0);
  const auto n_full = static_cast<std::size_t>(inside * kBarColumns);
  return fmt::format(" {:3.0f} % [{:-<{}}]", 100 * inside, std::string(n_full, '#'), kBarColumns);
}

std::string cut(std::string line, int n_columns) {
  line.resize(std::min(line.size(), static_cast<std::size_t>(std::max(n_columns - 1, 1))));
  return line;
}

double share_of(const BytesDone& done) {
  if (done.n_bytes_all == 0) return 0;
  return static_cast<double>(done.n_bytes) / static_cast<double>(done.n_bytes_all);
}

std::string time_left(const BytesDone& done) {
  if (done.per_second < 1) return {};
  const double n_left = static_cast<double>(done.n_bytes_all - done.n_bytes);
  return clock_time(n_left / done.per_second) + " left";
}

std::string rate_of(const BytesDone& done) {
  return human_bytes(static_cast<std::size_t>(done.per_second)) + "/s";
}

}  // namespace

ProgressStyle progress_style(std::FILE* stream, bool quiet) {
  if (quiet) return ProgressStyle::kNone;
  const char* term = std::getenv("TERM");
  const bool can_draw = term != nullptr && std::string_view(term) != "dumb";
  return can_draw && ::isatty(::fileno(stream)) ? ProgressStyle::kBar : ProgressStyle::kLines;
}

std::string grouped(long number) {
  std::string digits = std::to_string(std::abs(number));
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return number < 0 ? "-" + digits : digits;
}

std::string clock_time(double seconds) {
  const long s = static_cast<long>(seconds + 0.5);
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

std::string progress_bar(const std::string& what, const WorkDone& done, double seconds,
                         int n_columns) {
  std::string line = what;
  if (done.share) {
    line += bar_of(*done.share);
  } else {
    line += fmt::format("  {} texts", grouped(done.n_texts));
  }
  line += fmt::format("  {} texts/s", grouped(per_second(done.n_texts, seconds)));
  if (done.n_tokens > 0) {
    line += fmt::format("  {} tokens/s", grouped(per_second(done.n_tokens, seconds)));
  }
  line += "  " + human_bytes(done.resident_bytes);
  if (const std::string left = time_left(done, seconds); !left.empty()) line += "  " + left;
  return cut(std::move(line), n_columns);
}

std::string progress_line(const std::string& what, const WorkDone& done, double seconds) {
  std::string line = fmt::format("{}: {} texts", what, grouped(done.n_texts));
  if (done.share) line += fmt::format(" ({:.0f} %)", 100 * *done.share);
  if (done.n_batches > 0) line += fmt::format(", batch {}", grouped(done.n_batches));
  if (done.n_batches > 0 && done.share && *done.share >= 0.005) {
    const double n_all = static_cast<double>(done.n_batches) / *done.share;
    line += fmt::format(" of about {}", grouped(static_cast<long>(n_all + 0.5)));
  }
  line += fmt::format(", {} texts/s", grouped(per_second(done.n_texts, seconds)));
  if (done.n_tokens > 0) {
    line += fmt::format(", {} tokens/s", grouped(per_second(done.n_tokens, seconds)));
  }
  line += ", " + human_bytes(done.resident_bytes);
  if (const std::string left = time_left(done, seconds); !left.empty()) line += ", " + left;
  return line;
}

std::string progress_bar(const std::string& what, const BytesDone& done,
                         [[maybe_unused]] double seconds, int n_columns) {
  std::string line =
      fmt::format("{}{}  {} of {}  {}", what, bar_of(share_of(done)), human_bytes(done.n_bytes),
                  human_bytes(done.n_bytes_all), rate_of(done));
  if (const std::string left = time_left(done); !left.empty()) line += "  " + left;
  return cut(std::move(line), n_columns);
}

std::string progress_line(const std::string& what, const BytesDone& done,
                          [[maybe_unused]] double seconds) {
  std::string line =
      fmt::format("{}: {} of {} ({:.0f} %), {}", what, human_bytes(done.n_bytes),
                  human_bytes(done.n_bytes_all), 100 * share_of(done), rate_of(done));
  if (const std::string left = time_left(done); !left.empty()) line += ", " + left;
  return line;
}

std::string progress_bar(const std::string& what, const ShareDone& done, double seconds,
                         int n_columns) {
  std::string line = what + bar_of(done.share);
  if (const std::string left = time_left(done.share, seconds); !left.empty()) line += "  " + left;
  return cut(std::move(line), n_columns);
}

std::string progress_line(const std::string& what, const ShareDone& done, double seconds) {
  std::string line = fmt::format("{}: {:.0f} %", what, 100 * done.share);
  if (const std::string left = time_left(done.share, seconds); !left.empty()) line += ", " + left;
  return line;
}

Progress::Progress(std::string what, ProgressStyle style, std::FILE* stream)
    : what_(std::move(what)), style_(style), stream_(stream), start_(Clock::now()) {
  next_ = start_;
  next_ += style_ == ProgressStyle::kBar ? std::chrono::milliseconds(kBarEvery)
                                         : std::chrono::milliseconds(kLineEvery);
}

Progress::~Progress() { wipe(); }

bool Progress::is_due() const { return style_ != ProgressStyle::kNone && Clock::now() >= next_; }

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

// What cannot be written is lost: the work goes on.
void Progress::put(const std::string& text) {
  std::fputs(text.c_str(), stream_);
  std::fflush(stream_);
  std::clearerr(stream_);
}

int Progress::n_columns() const {
  winsize size{};
  if (::ioctl(::fileno(stream_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

void Progress::draw(const std::string& text) {
  if (style_ == ProgressStyle::kBar) {
    put("\r\x1b[K" + text);
    drawn_ = true;
    next_ = Clock::now() + kBarEvery;
  } else {
    put(text + "\n");
    next_ = Clock::now() + kLineEvery;
  }
}

void Progress::wipe() {
  if (!drawn_) return;
  put("\r\x1b[K");
  drawn_ = false;
}

}  // namespace quern::cli
