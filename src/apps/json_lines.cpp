#include "apps/json_lines.h"

#include <fmt/format.h>

namespace quern::apps {

std::string_view without_mark(std::string_view line) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (line.starts_with(kMark)) line.remove_prefix(kMark.size());
  return line;
}

Result<std::optional<SourceDocument>> JsonLines::next() {
  std::size_t n_bytes = 0;
  while (std::getline(in_, line_)) {
    ++n_line_;
    n_bytes += line_.size() + 1;
    const std::string_view line = without_mark(line_);
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    SourceDocument out;
    out.where = fmt::format("{} line {}", name_, n_line_);
    out.n_bytes = n_bytes;
    Result<store::Document> document =
        document_from_line(line, schema_, vectors_, parent_separator_);
    out.status = document.status();
    if (document.ok()) out.document = std::move(*document);
    return std::optional<SourceDocument>(std::move(out));
  }
  if (in_.bad()) return {Code::kIo, fmt::format("cannot read {}", name_)};
  return std::optional<SourceDocument>();
}

}  // namespace quern::apps
