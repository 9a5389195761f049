#include "apps/papers/import/pdf_references.h"

#include <algorithm>
#include <map>
#include <utility>

#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/reference_text.h"

namespace quern::apps {
namespace {

using ColumnOfPage = std::pair<std::size_t, PageColumn>;

std::vector<bool> starts_by_label(const PdfFlow& flow, const std::vector<std::size_t>& i_lines) {
  std::vector<bool> out;
  int last = 0;
  for (const std::size_t i : i_lines) {
    const std::string text = flow.lines[i].line.text();
    const int number = number_of_entry(text);
    // Numbers count on; other labels stand in square brackets.
    const bool is_next = number > last && number <= last + 3;
    const std::size_t close = text.find(']');
    const bool is_name = number == 0 && text.starts_with('[') && close != text.npos && close < 24;
    out.push_back(is_next || is_name);
    if (is_next) last = number;
  }
  return out;
}

// Lines at the left edge of their column, where the others stand apart from it.
std::vector<bool> starts_by_indent(const PdfFlow& flow, const std::vector<std::size_t>& i_lines) {
  std::map<ColumnOfPage, float> left;
  for (const std::size_t i : i_lines) {
    const FlowLine& line = flow.lines[i];
    const auto [at, is_new] =
        left.emplace(ColumnOfPage(line.i_page, line.column), line.line.box.left);
    if (!is_new) at->second = std::min(at->second, line.line.box.left);
  }
  std::vector<bool> out;
  for (const std::size_t i : i_lines) {
    const FlowLine& line = flow.lines[i];
    const float indent = line.line.box.left - left[{line.i_page, line.column}];
    out.push_back(indent < 0.4F * flow.body_size);
  }
  return out;
}

std::vector<bool> starts_by_gap(const PdfFlow& flow, const std::vector<std::size_t>& i_lines) {
  std::vector<bool> out;
  std::vector<float> gaps;
  for (const std::size_t i : i_lines) {
    if (!flow.lines[i].is_first) gaps.push_back(flow.lines[i].gap);
  }
  std::sort(gaps.begin(), gaps.end());
  const float usual = gaps.empty() ? 0 : gaps[gaps.size() / 4];
  std::string before = ".";
  for (const std::size_t i : i_lines) {
    const FlowLine& line = flow.lines[i];
    const bool is_behind_gap = !line.is_first && line.gap > usual + 0.2F * flow.body_size;
    out.push_back(is_behind_gap || (line.is_first && before.ends_with('.')));
    before = line.line.text();
  }
  return out;
}

// Entries are of one to some lines each.
bool is_believable(const std::vector<bool>& starts) {
  const auto n = static_cast<std::size_t>(std::count(starts.begin(), starts.end(), true));
  return n >= 2 && 8 * n >= starts.size() && 20 * n <= 19 * starts.size();
}

std::vector<bool> find_starts(const PdfFlow& flow, const std::vector<std::size_t>& i_lines) {
  for (const auto& find : {starts_by_label, starts_by_indent, starts_by_gap}) {
    std::vector<bool> starts = find(flow, i_lines);
    if (is_believable(starts)) return starts;
  }
  return std::vector<bool>(i_lines.size());
}

}  // namespace

std::vector<std::string> entries_of_lines(const PdfFlow& flow,
                                          const std::vector<std::size_t>& i_lines,
                                          const WordForms& forms) {
  const std::vector<bool> starts = find_starts(flow, i_lines);
  std::vector<std::string> out;
  std::vector<std::size_t> entry;
  const auto end_entry = [&] {
    // What is a paragraph's gap in prose is none here.
    std::string text = one_line(prose_of_lines(flow, entry, forms));
    if (text.size() > 15) out.push_back(std::move(text));
    entry.clear();
  };
  for (std::size_t n = 0; n < i_lines.size(); ++n) {
    if (starts[n] && !entry.empty()) end_entry();
    entry.push_back(i_lines[n]);
  }
  end_entry();
  return out;
}

}  // namespace quern::apps
