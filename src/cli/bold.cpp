#include "cli/bold.h"

#include <cstdio>
#include <cstdlib>

#include "cli/json_line.h"
#include "cli/progress.h"

namespace quern::cli {

bool output_shows_bold() {
  const char* no_color = std::getenv("NO_COLOR");
  const bool is_plain = no_color != nullptr && *no_color != '\0';
  return !is_plain && progress_style(stdout, false) == ProgressStyle::kBar;
}

std::string bold_line(std::string_view text, std::span<const BoldSpan> spans, bool is_bold) {
  if (!is_bold) return in_one_line(std::string(text));
  std::string out;
  std::size_t at = 0;
  const auto add = [&](std::size_t end) {
    out += in_one_line(std::string(text.substr(at, end - at)));
    at = end;
  };
  for (const BoldSpan& span : spans) {
    add(span.begin);
    if (span.begin == span.end) continue;
    out += "\033[1m";
    add(span.end);
    out += "\033[0m";
  }
  add(text.size());
  return out;
}

}  // namespace quern::cli
