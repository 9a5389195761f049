#include "apps/papers/import/heading_text.h"

#include <algorithm>

#include "apps/papers/import/clean_text.h"

namespace quern::apps {
namespace {

bool is_arabic(char c) { return c >= '0' && c <= '9'; }

bool is_roman(std::string_view text) {
  return !text.empty() && text.size() <= 6 &&
         text.find_first_not_of("IVXL") == std::string_view::npos;
}

// Of "2.1", "A.3", "10": parts of figures, of which the first may be one letter.
bool is_dotted_number(std::string_view text) {
  if (text.empty()) return false;
  std::size_t at = 0;
  if (text[0] >= 'A' && text[0] <= 'Z') {
    if (text.size() == 1 || (text[1] != '.' && !is_arabic(text[1]))) return false;
    at = text[1] == '.' ? 2 : 1;
  }
  while (true) {
    std::size_t n = 0;
    while (at + n < text.size() && is_arabic(text[at + n])) ++n;
    if (n == 0 || n > 2) return false;  // Years and codes are no numbers of sections.
    at += n;
    if (at == text.size()) return true;
    if (text[at++] != '.') return false;
  }
}

}  // namespace

HeadingText heading_text_of(std::string_view line) {
  const std::string clean = one_line(line);
  const std::size_t blank = std::min(clean.find(' '), clean.size());
  std::string_view first = std::string_view(clean).substr(0, blank);
  const bool has_stop = first.ends_with('.') || first.ends_with(':') || first.ends_with(')');
  if (has_stop) first.remove_suffix(1);
  const bool is_letter = first.size() == 1 && first[0] >= 'A' && first[0] <= 'Z';
  const bool is_number = is_dotted_number(first) || (has_stop && is_letter) ||
                         (is_roman(first) && (has_stop || first.size() > 1));
  if (!is_number) return {.words = clean};
  return {.number = std::string(first), .words = clean.substr(std::min(blank + 1, clean.size()))};
}

bool is_bibliography_heading(std::string_view words) {
  const std::string small = in_small_letters(words);
  for (const std::string_view name :
       {"references", "bibliography", "literature cited", "references and notes", "works cited",
        "reference", "literature", "cited references", "references cited"}) {
    if (small == name) return true;
  }
  return false;
}

}  // namespace quern::apps
