#include "apps/bounded_lines.h"

#include <algorithm>
#include <string_view>

namespace quern::apps {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;

}  // namespace

bool BoundedLines::fill() {
  buffer_.resize(kBufferBytes);
  in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  buffer_.resize(static_cast<std::size_t>(in_.gcount()));
  at_ = 0;
  return !buffer_.empty();
}

Result<std::optional<BoundedLines::Line>> BoundedLines::next() {
  Line line;
  while (at_ < buffer_.size() || fill()) {
    const std::size_t end = std::min(buffer_.find('\n', at_), buffer_.size());
    const std::string_view part = std::string_view(buffer_).substr(at_, end - at_);
    line.n_bytes += part.size();
    line.is_too_long = line.is_too_long || line.text.size() + part.size() > max_bytes_;
    if (line.is_too_long) {
      line.text = std::string();  // Its memory goes, too.
    } else {
      line.text += part;
    }
    at_ = end;
    if (end == buffer_.size()) continue;
    ++at_;
    ++line.n_bytes;
    line.n_line = ++n_line_;
    return std::optional<Line>(std::move(line));
  }
  if (in_.bad()) return {Code::kIo, "reading failed"};
  if (line.n_bytes == 0) return std::optional<Line>();
  line.n_line = ++n_line_;
  return std::optional<Line>(std::move(line));
}

}  // namespace quern::apps
