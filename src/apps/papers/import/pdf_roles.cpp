#include "apps/papers/import/pdf_roles.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "apps/papers/import/clean_text.h"

namespace quern::apps {
namespace {

// Smaller text than the body's: notes, captions, cells.
constexpr float kSmall = 0.94F;

float most_common_size(const std::vector<FlowLine>& lines) {
  std::map<long, std::size_t> n_by_size;
  for (const FlowLine& line : lines) {
    const bool is_text = line.line.words.size() >= 4;
    n_by_size[std::lround(line.line.size * 10)] += is_text ? line.line.n_chars() : 1;
  }
  long best = 0;
  std::size_t n = 0;
  for (const auto& [size, n_chars] : n_by_size) {
    if (n_chars <= n) continue;
    best = size;
    n = n_chars;
  }
  return std::max(1.0F, static_cast<float>(best) / 10);
}

float median_body_gap(const PdfFlow& flow) {
  std::vector<float> gaps;
  for (std::size_t i = 0; i < flow.size(); ++i) {
    const bool is_body = std::abs(flow.scale(i) - 1) < 0.03F && flow.lines[i].line.words.size() > 3;
    if (is_body && !flow.lines[i].is_first) gaps.push_back(flow.lines[i].gap);
  }
  if (gaps.empty()) return 0;
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return *middle;
}

std::string_view without_number(std::string_view text) {
  const std::size_t n = text.find_first_not_of("0123456789IVXABCDS.-");
  return text.substr(std::min(n, text.size()));
}

// "1", "12Some", "∗": what a note is called by.
bool begins_with_mark(std::string_view word) {
  const std::size_t n = word.find_first_not_of("0123456789");
  if (n > 0) return std::min(n, word.size()) <= 2;
  for (const std::string_view mark : {"∗", "*", "†", "‡", "§", "¶"}) {
    if (word.starts_with(mark)) return true;
  }
  return false;
}

// Of each page that has lines: where its lowest ends.
std::map<std::size_t, float> page_bottoms(const PdfFlow& flow) {
  std::map<std::size_t, float> out;
  for (const FlowLine& line : flow.lines) {
    out[line.i_page] = std::max(out[line.i_page], line.line.box.bottom);
  }
  return out;
}

// From the foot of each column up, small lines below the body's.
void mark_footnotes(PdfFlow& flow) {
  const std::map<std::size_t, float> bottoms = page_bottoms(flow);
  for (std::size_t end = flow.size(); end > 0;) {
    std::size_t begin = end - 1;
    while (begin > 0 && !flow.lines[begin].is_first) --begin;
    std::size_t first = end;
    const float size = flow.lines[end - 1].line.size;
    while (first > begin && flow.scale(first - 1) < kSmall &&
           std::abs(flow.lines[first - 1].line.size / size - 1) < 0.05F) {
      --first;
    }
    if (first > begin && first < end) {  // Not all of the column.
      const FlowLine& line = flow.lines[first];
      const bool is_apart = line.gap > flow.body_gap + 0.15F * flow.body_size ||
                            begins_with_mark(line.line.words[0].text);
      const bool is_low = line.line.box.top > 0.5F * bottoms.at(line.i_page);
      const bool is_caption = begins_caption(line.line.text());
      for (std::size_t i = first; is_apart && is_low && !is_caption && i < end; ++i) {
        flow.roles[i] = LineRole::kFootnote;
      }
    }
    end = begin;
  }
}

// To the next gap, or to another size of letters.
void mark_captions(PdfFlow& flow) {
  for (std::size_t i = 0; i < flow.size(); ++i) {
    if (flow.roles[i] != LineRole::kBody) continue;
    const bool is_one = begins_caption(flow.lines[i].line.text());
    if (!is_one || (!flow.is_apart(i) && flow.scale(i) > kSmall)) continue;
    const float size = flow.lines[i].line.size;
    flow.roles[i] = LineRole::kCaption;
    for (std::size_t j = i + 1; j < flow.size() && flow.is_in_same_column(i, j); ++j) {
      const float gap = std::max(flow.body_gap, 0.0F) + 0.3F * size;
      if (flow.lines[j].gap > gap || std::abs(flow.lines[j].line.size / size - 1) > 0.03F) break;
      flow.roles[j] = LineRole::kCaption;
    }
  }
}

// Two wide blanks at least. Those of a line that was spread to fill its column are all alike.
bool is_tabular(const PdfLine& line) {
  int n_wide = 0;
  float least = line.box.width(), most = 0;
  for (std::size_t i = 1; i < line.words.size(); ++i) {
    const float gap = line.words[i].box.left - line.words[i - 1].box.right;
    if (gap > 1.2F * line.size) ++n_wide;
    least = std::min(least, gap);
    most = std::max(most, gap);
  }
  return n_wide >= 2 && most - least > 0.1F * most;
}

void mark_tables(PdfFlow& flow) {
  for (std::size_t i = 0; i < flow.size(); ++i) {
    if (flow.roles[i] != LineRole::kBody) continue;
    const PdfLine& line = flow.lines[i].line;
    const bool is_label = flow.scale(i) < 0.88F && line.words.size() <= 3;
    if (is_label || is_tabular(line)) flow.roles[i] = LineRole::kTable;
  }
}

}  // namespace

bool PdfFlow::is_apart(std::size_t i) const {
  return lines[i].is_first || lines[i].gap > body_gap + 0.2F * body_size;
}

bool PdfFlow::is_in_same_column(std::size_t i, std::size_t j) const {
  return lines[i].i_page == lines[j].i_page && lines[i].column == lines[j].column &&
         (i == j || !lines[std::max(i, j)].is_first);
}

bool begins_caption(std::string_view text) {
  const std::string small = in_small_letters(text.substr(0, 16));
  for (const std::string_view name :
       {"figure ", "fig. ", "fig ", "table ", "algorithm ", "listing ", "scheme ", "tab. "}) {
    if (!small.starts_with(name)) continue;
    const std::string_view rest = text.substr(name.size());
    const std::string_view behind = without_number(rest);
    const std::size_t n = rest.size() - behind.size();
    if (n == 0) return false;
    const bool has_stop = rest[n - 1] == '.' && (behind.empty() || behind[0] == ' ');
    const bool is_whole = behind.empty() || behind[0] == ':' || behind.starts_with(" :") ||
                          behind.starts_with(" -") || behind.starts_with(" |");
    return has_stop || is_whole;
  }
  return false;
}

PdfFlow flow_of_lines(std::vector<FlowLine> lines) {
  PdfFlow out;
  out.lines = std::move(lines);
  out.roles.assign(out.lines.size(), LineRole::kBody);
  out.body_size = most_common_size(out.lines);
  out.body_gap = median_body_gap(out);
  mark_footnotes(out);
  mark_captions(out);
  mark_tables(out);
  return out;
}

}  // namespace quern::apps
