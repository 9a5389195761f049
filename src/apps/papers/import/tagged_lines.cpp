#include "apps/papers/import/tagged_lines.h"

#include <algorithm>

#include <fmt/format.h>

#include "apps/json_lines.h"
#include "apps/papers/import/clean_text.h"

namespace quern::apps {
namespace {

bool is_tag_char(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// The length of the tag before "  - " or "- ", two to four characters padded with blanks to four;
// 0: the line has none. RIS has two blanks between, but many write one.
std::size_t n_tag_chars(std::string_view line) {
  std::size_t n = 0;
  while (n < line.size() && n < 4 && is_tag_char(line[n])) ++n;
  if (n < 2 || line[0] < 'A') return 0;
  std::size_t dash = n;
  while (dash < line.size() && dash < 4 && line[dash] == ' ') ++dash;
  return dash < line.size() && line[dash] == '-' &&
                 (dash + 1 == line.size() || line[dash + 1] == ' ')
             ? n
             : 0;
}

bool begins_record(std::string_view line) {
  const std::size_t n = n_tag_chars(line);
  const std::string_view tag = line.substr(0, n);
  return tag == "TY" || tag == "PMID";
}

void add_line(std::string_view line, TaggedRecord& record) {
  record.text += line;
  record.text += '\n';
  const std::size_t n = n_tag_chars(line);
  const std::string_view rest = n == 0 ? line : line.substr(line.find('-') + 1);
  const std::string value = one_line(utf8_of_field(rest));
  if (n > 0) {
    record.lines.push_back({.tag = std::string(line.substr(0, n)), .value = value});
  } else if (!record.lines.empty() && !value.empty()) {
    record.lines.back().value += " " + value;
  }
}

}  // namespace

std::string TaggedRecord::first(std::initializer_list<const char*> tags) const {
  for (const char* tag : tags) {
    for (const TaggedLine& line : lines) {
      if (line.tag == tag && !line.value.empty()) return line.value;
    }
  }
  return {};
}

std::vector<std::string> TaggedRecord::all(std::initializer_list<const char*> tags) const {
  std::vector<std::string> out;
  for (const TaggedLine& line : lines) {
    const bool is_wanted =
        std::any_of(tags.begin(), tags.end(), [&](const char* tag) { return line.tag == tag; });
    if (is_wanted && !line.value.empty()) out.push_back(line.value);
  }
  return out;
}

Result<std::optional<TaggedRecord>> TaggedRecords::next() {
  TaggedRecord record;
  while (true) {
    std::optional<BoundedLines::Line> line = std::move(ahead_);
    ahead_.reset();
    if (!line) {
      QUERN_ASSIGN(line, lines_.next());
    }
    if (!line) break;
    const std::string_view text = without_mark(line->text);
    const bool has_begun = !record.lines.empty();
    if (has_begun && begins_record(text)) {
      ahead_ = std::move(line);
      break;
    }
    record.n_bytes += line->n_bytes;
    if (!has_begun) record.n_line = line->n_line;
    if (!has_begun && n_tag_chars(text) == 0) continue;
    if (line->is_too_long || record.text.size() + text.size() > kMaxTaggedRecordBytes) {
      record.status = {Code::kTooLarge,
                       fmt::format("the record has more than {} bytes", kMaxTaggedRecordBytes)};
    }
    const bool is_end = text.starts_with("ER") && n_tag_chars(text) == 2;
    if (is_end && !has_begun) continue;
    if (is_end) break;
    if (record.status.ok()) add_line(text, record);
  }
  if (record.lines.empty() && record.status.ok()) return std::optional<TaggedRecord>();
  return std::optional<TaggedRecord>(std::move(record));
}

}  // namespace quern::apps
