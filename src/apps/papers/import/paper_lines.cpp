#include "apps/papers/import/paper_lines.h"

#include <fmt/format.h>

#include "apps/json_lines.h"
#include "apps/papers/import/input_digest.h"
#include "apps/papers/import/paper_json.h"

namespace quern::apps {
namespace {

// Of an id that is printed in messages and kept as a name.
constexpr std::size_t kMaxKeyBytes = 256;

}  // namespace

std::string origin_of_record(const std::string& file, const std::string& key,
                             const std::string& place) {
  const bool is_name = !key.empty() && key.size() <= kMaxKeyBytes;
  return fmt::format("{}: {}", file, is_name ? key : place);
}

ReadPaper paper_of_json_record(std::string_view bytes, const std::string& file,
                               const std::string& place, const IsKnownPaper& is_known) {
  ReadPaper out;
  out.input = digest_of_record(bytes);
  Result<PaperRecord> record = paper_record_from_json(bytes);
  out.origin = origin_of_record(file, record.ok() ? record->key : "", place);
  out.status = record.status();
  if (!record.ok()) return out;
  out.is_known = is_known && is_known(out.origin, out.input);
  if (!out.is_known) out.paper = std::move(record->paper);
  return out;
}

Result<std::optional<ReadPaper>> PaperLines::next(const IsKnownPaper& is_known) {
  std::size_t n_bytes = 0;
  while (true) {
    QUERN_ASSIGN(const std::optional<BoundedLines::Line> line, lines_.next().in(name_));
    if (!line) return std::optional<ReadPaper>();
    n_bytes += line->n_bytes;
    const std::string_view text = without_mark(line->text);
    if (!line->is_too_long && text.find_first_not_of(" \t\r") == text.npos) continue;
    const std::string place = fmt::format("line {}", line->n_line);
    ReadPaper out;
    if (line->is_too_long) {
      out.origin = origin_of_record(name_, "", place);
      out.status = {Code::kTooLarge, fmt::format("the line has {} bytes, {} at most", line->n_bytes,
                                                 kMaxPaperLineBytes)};
    } else {
      out = paper_of_json_record(text, name_, place, is_known);
    }
    out.n_bytes = n_bytes;
    return std::optional<ReadPaper>(std::move(out));
  }
}

}  // namespace quern::apps
