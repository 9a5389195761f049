#include "apps/papers/import/paper_format.h"

#include <utility>

#include <fmt/format.h>

#include "apps/json_lines.h"
#include "apps/papers/import/clean_text.h"

namespace quern::apps {
namespace {

using NamedFormat = std::pair<std::string_view, PaperFormat>;

constexpr NamedFormat kFormatNames[] = {
    {"auto", PaperFormat::kAuto},       {"pdf", PaperFormat::kPdf},
    {"bibtex", PaperFormat::kBibTeX},   {"ris", PaperFormat::kRis},
    {"jsonl", PaperFormat::kJsonLines}, {"json", PaperFormat::kJson},
    {"jats", PaperFormat::kJats},       {"text", PaperFormat::kText},
};

constexpr NamedFormat kFormatEnds[] = {
    {".pdf", PaperFormat::kPdf},         {".bib", PaperFormat::kBibTeX},
    {".bibtex", PaperFormat::kBibTeX},   {".ris", PaperFormat::kRis},
    {".jsonl", PaperFormat::kJsonLines}, {".ndjson", PaperFormat::kJsonLines},
    {".json", PaperFormat::kJson},       {".xml", PaperFormat::kJats},
    {".nxml", PaperFormat::kJats},       {".jats", PaperFormat::kJats},
    {".txt", PaperFormat::kText},        {".text", PaperFormat::kText},
    {".md", PaperFormat::kText},         {".markdown", PaperFormat::kText},
};

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// "@article{" or "@string(" at the beginning of a line.
bool is_bibtex_entry(std::string_view line) {
  if (!line.starts_with('@')) return false;
  std::size_t at = 1;
  while (at < line.size() && is_ascii_letter(line[at])) ++at;
  while (at < line.size() && line[at] == ' ') ++at;
  return at > 1 && at < line.size() && (line[at] == '{' || line[at] == '(');
}

// The kind that a line of a file shows; nothing where it might be any.
std::optional<PaperFormat> format_of_line(std::string_view line) {
  if (line.starts_with("TY  - ") || line == "TY  -") return PaperFormat::kRis;
  if (line.starts_with("PMID- ")) return PaperFormat::kRis;
  if (is_bibtex_entry(line)) return PaperFormat::kBibTeX;
  return std::nullopt;
}

std::optional<PaperFormat> format_of_first_char(std::string_view text) {
  if (text.starts_with('[')) return PaperFormat::kJson;
  if (text.starts_with('<')) return PaperFormat::kJats;
  if (!text.starts_with('{')) return std::nullopt;
  // Lines of objects end as they begin.
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::size_t last = line.find_last_not_of(" \t\r");
  const bool is_whole = line.size() == text.size() || line[last] == '}';
  return is_whole && line.size() > 1 ? PaperFormat::kJsonLines : PaperFormat::kJson;
}

}  // namespace

std::string paper_format_names() {
  std::string out;
  for (const NamedFormat& one : kFormatNames) {
    if (!out.empty()) out += ", ";
    out += one.first;
  }
  return out;
}

Result<PaperFormat> paper_format_of_name(std::string_view name) {
  for (const NamedFormat& one : kFormatNames) {
    if (one.first == name) return one.second;
  }
  return {Code::kBadInput,
          fmt::format("there is no format '{}', want one of {}", name, paper_format_names())};
}

std::optional<PaperFormat> paper_format_of_path(std::string_view path) {
  const std::string small = in_small_letters(path.substr(path.rfind('/') + 1));
  for (const NamedFormat& one : kFormatEnds) {
    if (small.ends_with(one.first)) return one.second;
  }
  return std::nullopt;
}

PaperFormat paper_format_of_bytes(std::string_view begin) {
  begin = without_mark(begin.substr(0, kBytesToKnowFormat));
  if (begin.substr(0, 1024).find("%PDF-") != begin.npos) return PaperFormat::kPdf;
  const std::size_t first = begin.find_first_not_of(" \t\r\n");
  if (first == begin.npos) return PaperFormat::kText;
  begin.remove_prefix(first);
  if (const auto format = format_of_first_char(begin)) return *format;
  while (!begin.empty()) {
    const std::size_t end = std::min(begin.find('\n'), begin.size());
    std::string_view line = begin.substr(0, end);
    while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
    if (const auto format = format_of_line(line)) return *format;
    begin.remove_prefix(std::min(end + 1, begin.size()));
  }
  return PaperFormat::kText;
}

}  // namespace quern::apps
