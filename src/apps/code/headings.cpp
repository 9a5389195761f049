#include "apps/code/headings.h"

#include <algorithm>
#include <string>

#include "apps/code/chunk_assembly.h"
#include "apps/code/piece_merge.h"

namespace quern::apps {
namespace {

constexpr std::size_t kMaxTitleBytes = 200;

// One line, without blanks at its end.
std::string_view line_text(const TextMeasure& measure, int line) {
  std::string_view text = measure.text().substr(measure.line_begin(line),
                                                measure.line_end(line) - measure.line_begin(line));
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::size_t n_leading(std::string_view text, char c) {
  return std::min(text.find_first_not_of(c), text.size());
}

// The bytes of `part`, which is a piece of the measured text, as a heading's title.
Heading titled(const TextMeasure& measure, int level, int first_line, std::string_view part) {
  const auto at = static_cast<std::size_t>(part.data() - measure.text().data());
  return {.level = level,
          .begin = measure.line_begin(first_line),
          .title = at,
          .title_end = at + part.size()};
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Blocks of code between fences, line by line.
class Fence {
 public:
  /// Whether `line` is inside of one, its fences included.
  bool holds(std::string_view line) {
    const std::size_t indent = n_leading(line, ' ');
    line.remove_prefix(indent);
    const char mark = line.empty() ? '\0' : line[0];
    const std::size_t n = mark == '`' || mark == '~' ? n_leading(line, mark) : 0;
    if (n_open_ == 0) {
      // Behind backticks no backtick: that would be code within a line.
      const bool opens =
          indent < 4 && n >= 3 && (mark == '~' || line.find('`', n) == std::string_view::npos);
      if (opens) {
        n_open_ = n;
        mark_ = mark;
      }
      return opens;
    }
    if (indent < 4 && mark == mark_ && n >= n_open_ && without_blanks(line.substr(n)).empty()) {
      n_open_ = 0;
    }
    return true;
  }

 private:
  std::size_t n_open_ = 0;
  char mark_ = '\0';
};

// The title of "## Title ##", nothing for another line. `level` comes out.
bool is_atx_heading(std::string_view line, int& level, std::string_view& title) {
  const std::size_t indent = n_leading(line, ' ');
  if (indent > 3) return false;
  line.remove_prefix(indent);
  const std::size_t n = n_leading(line, '#');
  if (n < 1 || n > 6 || (n < line.size() && line[n] != ' ' && line[n] != '\t')) return false;
  level = static_cast<int>(n);
  title = without_blanks(line.substr(n));
  std::size_t end = title.size();
  while (end > 0 && title[end - 1] == '#') --end;
  if (end == 0 || is_blank(title[end - 1])) title = without_blanks(title.substr(0, end));
  return true;
}

// 1 for a line of '=', 2 for one of '-', 0 for another.
int level_of_underline(std::string_view line) {
  const std::size_t indent = n_leading(line, ' ');
  if (indent > 3 || indent == line.size()) return 0;
  line.remove_prefix(indent);
  if (n_leading(line, '=') == line.size()) return 1;
  return n_leading(line, '-') == line.size() ? 2 : 0;
}

// Whether a line can be the text above an underline: of a paragraph, not of a list or a quote.
bool is_paragraph(std::string_view line) {
  if (line.empty() || n_leading(line, ' ') > 3) return false;
  line = without_blanks(line);
  return std::string_view("#>|-*+`~<").find(line[0]) == std::string_view::npos;
}

// The marks that a line of reStructuredText consists of, '\0' where it is none of marks.
char rst_marks(std::string_view line) {
  constexpr std::string_view kMarks = "=-`:.'\"~^_*+#<>";
  if (line.size() < 2 || kMarks.find(line[0]) == std::string_view::npos) return '\0';
  return n_leading(line, line[0]) == line.size() ? line[0] : '\0';
}

std::vector<Definition> sections_of(const TextMeasure& measure,
                                    const std::vector<Heading>& headings) {
  std::vector<Definition> sections;
  std::vector<int> open;  // Sections around, by their levels.
  for (const Heading& heading : headings) {
    while (!open.empty() &&
           headings[static_cast<std::size_t>(open.back())].level >= heading.level) {
      sections[static_cast<std::size_t>(open.back())].end = heading.begin;
      open.pop_back();
    }
    Definition section;
    section.name = measure.text().substr(
        heading.title, std::min(heading.title_end - heading.title, kMaxTitleBytes));
    section.kind = SymbolKind::kSection;
    section.begin = heading.begin;
    section.head = heading.title;
    section.body = heading.title_end;
    section.name_begin = heading.title;
    section.end = measure.text().size();
    section.parent = open.empty() ? -1 : open.back();
    open.push_back(static_cast<int>(sections.size()));
    sections.push_back(std::move(section));
  }
  return sections;
}

}  // namespace

bool is_heading_language(std::string_view language) {
  return language == "markdown" || language == "rst";
}

std::vector<Heading> markdown_headings(const TextMeasure& measure) {
  std::vector<Heading> out;
  Fence fence;
  int line = 0;
  // Front matter between two lines of "---" is no heading.
  if (line_text(measure, 0) == "---") {
    int end = 1;
    while (end < measure.n_lines() && line_text(measure, end) != "---") ++end;
    if (end < measure.n_lines()) line = end + 1;
  }
  for (bool follows_text = false; line < measure.n_lines(); ++line) {
    const std::string_view text = line_text(measure, line);
    if (fence.holds(text)) {
      follows_text = false;
      continue;
    }
    int level = 0;
    std::string_view title;
    if (is_atx_heading(text, level, title)) {
      if (!title.empty()) out.push_back(titled(measure, level, line, title));
      follows_text = false;
      continue;
    }
    level = level_of_underline(text);
    if (follows_text && level > 0) {
      out.push_back(titled(measure, level, line - 1, without_blanks(line_text(measure, line - 1))));
      follows_text = false;
      continue;
    }
    follows_text = is_paragraph(text);
  }
  return out;
}

std::vector<Heading> rst_headings(const TextMeasure& measure) {
  std::vector<Heading> out;
  // Which level a line of marks has is said by the order in which they come first.
  std::vector<std::string> styles;
  const auto level_of = [&](const std::string& style) {
    const auto at = std::find(styles.begin(), styles.end(), style);
    const auto level = static_cast<int>(at - styles.begin()) + 1;
    if (at == styles.end()) styles.push_back(style);
    return level;
  };
  for (int line = 0; line + 1 < measure.n_lines(); ++line) {
    const std::string_view text = line_text(measure, line);
    const char over = rst_marks(text);
    if (over != '\0' && line + 2 < measure.n_lines()) {
      const std::string_view title = without_blanks(line_text(measure, line + 1));
      const std::string_view under = line_text(measure, line + 2);
      if (!title.empty() && rst_marks(title) == '\0' && under == text &&
          title.size() <= text.size()) {
        out.push_back(titled(measure, level_of(std::string(2, over)), line, title));
        line += 2;
        continue;
      }
    }
    const std::string_view below = line_text(measure, line + 1);
    const char under = rst_marks(below);
    // A title begins its line; one longer than its marks is a mistake that readers accept.
    if (under != '\0' && over == '\0' && !text.empty() && !is_blank(text[0]) &&
        below.size() >= std::min<std::size_t>(text.size(), 4)) {
      out.push_back(titled(measure, level_of(std::string(1, under)), line, text));
      ++line;
    }
  }
  return out;
}

ChunkedCode chunk_by_headings(std::string_view language, std::string_view utf8,
                              const CutSizes& sizes) {
  const TextMeasure measure(utf8);
  const std::vector<Heading> headings =
      language == "rst" ? rst_headings(measure) : markdown_headings(measure);
  std::vector<CutPiece> pieces = {{.begin = 0}};
  for (std::size_t i = 0; i < headings.size(); ++i) {
    const std::size_t begin = headings[i].begin;
    const std::size_t end = i + 1 < headings.size() ? headings[i + 1].begin : utf8.size();
    if (pieces.back().begin == begin) pieces.pop_back();
    pieces.push_back({.begin = begin,
                      .is_alone = measure.n_chars(begin, end) >= sizes.alone_chars,
                      .is_definition = true});
  }
  return assemble_chunks(measure, sections_of(measure, headings),
                         merge_pieces(measure, pieces, sizes));
}

}  // namespace quern::apps
