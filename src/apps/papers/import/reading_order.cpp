#include "apps/papers/import/reading_order.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace quern::apps {
namespace {

// Lines reach a little over a gutter without going across it.
constexpr float kSlack = 2;

struct GutterCounts {
  std::size_t left = 0;  // Characters of lines left of it,
  std::size_t right = 0;
  std::size_t across = 0;
};

GutterCounts counts_at(const PdfPage& page, float x) {
  GutterCounts out;
  for (const PdfLine& line : page.lines) {
    const std::size_t n = line.n_chars();
    if (line.box.right <= x + kSlack) {
      out.left += n;
    } else if (line.box.left >= x - kSlack) {
      out.right += n;
    } else {
      out.across += n;
    }
  }
  return out;
}

// The middle of the strip that fewest characters go across; nothing on a page of one column.
std::optional<float> gutter_of(const PdfPage& page) {
  std::size_t fewest = SIZE_MAX;
  float first = 0, last = 0;
  const float step = std::max(1.0F, page.width / 1000);
  for (float x = 0.35F * page.width; x <= 0.65F * page.width; x += step) {
    const GutterCounts counts = counts_at(page, x);
    const std::size_t n = counts.left + counts.right + counts.across;
    const bool is_one = 3 * counts.across < n && 5 * counts.left > n && 5 * counts.right > n;
    if (!is_one || counts.across > fewest) continue;
    if (counts.across < fewest) first = x;
    fewest = counts.across;
    last = x;
  }
  if (fewest == SIZE_MAX) return std::nullopt;
  return (first + last) / 2;
}

// Of each page: its own, or the one that most pages have; nothing where most have one column.
std::vector<std::optional<float>> find_gutters(const PdfLayout& layout) {
  std::vector<std::optional<float>> out;
  std::vector<float> found;
  std::size_t n_pages = 0;
  for (const PdfPage& page : layout.pages) {
    out.push_back(gutter_of(page));
    if (out.back()) found.push_back(*out.back());
    if (page.lines.size() > 10) ++n_pages;
  }
  if (found.empty() || 2 * found.size() < n_pages) {
    return std::vector<std::optional<float>>(layout.pages.size());
  }
  std::sort(found.begin(), found.end());
  const float middle = found[found.size() / 2];
  for (std::optional<float>& gutter : out) gutter = gutter.value_or(middle);
  return out;
}

// A line that was put together over the gutter is two.
void add_parted(PdfLine line, float gutter, std::vector<PdfLine>& out) {
  for (std::size_t i = 1; i < line.words.size(); ++i) {
    const float before = line.words[i - 1].box.right;
    const float behind = line.words[i].box.left;
    if (before > gutter + kSlack || behind < gutter - kSlack) continue;
    if (behind - before < 0.8F * line.size) continue;
    const auto middle = line.words.begin() + static_cast<std::ptrdiff_t>(i);
    out.push_back(line_of_words({line.words.begin(), middle}));
    out.push_back(line_of_words({middle, line.words.end()}));
    return;
  }
  out.push_back(std::move(line));
}

bool are_side_by_side(const PdfLine& a, const PdfLine& b) {
  const float overlap = std::min(a.box.bottom, b.box.bottom) - std::max(a.box.top, b.box.top);
  return overlap > 0.6F * std::min(a.box.height(), b.box.height());
}

// The next of a line's pieces: beside the last one and near it.
bool are_pieces(const PdfLine& last, const PdfLine& line, std::optional<float> gutter) {
  if (!are_side_by_side(last, line)) return false;
  const float gap = std::max(line.box.left - last.box.right, last.box.left - line.box.right);
  if (gap <= -0.5F * line.size || gap >= 3 * std::max(line.size, last.size)) return false;
  const auto is_across = [&](const PdfLine& one) {
    return one.box.left < *gutter - kSlack && one.box.right > *gutter + kSlack;
  };
  return !gutter || is_across(line) || is_across(last);
}

PdfBox around(const PdfBox& a, const PdfBox& b) {
  return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right),
          std::max(a.bottom, b.bottom)};
}

// Pieces of one line, which the reader of the file parted at wide blanks. With a gutter, only those
// of which one goes across it: a title's.
std::vector<PdfLine> put_together(std::vector<PdfLine> lines,
                                  std::optional<float> gutter = std::nullopt) {
  std::sort(lines.begin(), lines.end(), [](const PdfLine& a, const PdfLine& b) {
    return a.box.top != b.box.top ? a.box.top < b.box.top : a.box.left < b.box.left;
  });
  std::vector<PdfLine> out;
  std::vector<std::size_t> joined;  // Of `out`: those of several pieces.
  for (PdfLine& line : lines) {
    if (out.empty() || !are_pieces(out.back(), line, gutter)) {
      out.push_back(std::move(line));
      continue;
    }
    PdfLine& last = out.back();
    last.box = around(last.box, line.box);
    std::move(line.words.begin(), line.words.end(), std::back_inserter(last.words));
    if (joined.empty() || joined.back() + 1 != out.size()) joined.push_back(out.size() - 1);
  }
  for (const std::size_t i : joined) {
    std::vector<PdfWord> words = std::move(out[i].words);
    std::stable_sort(words.begin(), words.end(),
                     [](const PdfWord& a, const PdfWord& b) { return a.box.left < b.box.left; });
    out[i] = line_of_words(std::move(words));
  }
  return out;
}

// Where most lines begin and end, by those that are long.
void set_edges(std::vector<FlowLine>& lines, std::size_t begin, PageColumn column) {
  std::vector<float> lefts, rights;
  for (std::size_t i = begin; i < lines.size(); ++i) {
    if (lines[i].column != column || lines[i].line.words.size() < 3) continue;
    lefts.push_back(lines[i].line.box.left);
    rights.push_back(lines[i].line.box.right);
  }
  std::sort(lefts.begin(), lefts.end());
  std::sort(rights.begin(), rights.end());
  for (std::size_t i = begin; i < lines.size(); ++i) {
    if (lines[i].column != column) continue;
    const PdfBox& box = lines[i].line.box;
    lines[i].left = lefts.empty() ? box.left : lefts[lefts.size() / 8];
    lines[i].right = rights.empty() ? box.right : rights[rights.size() - 1 - rights.size() / 8];
  }
}

class PageFlow {
 public:
  PageFlow(std::size_t i_page, std::vector<FlowLine>& out) : i_page_(i_page), out_(out) {}

  void add_column(std::vector<PdfLine>& lines, PageColumn column) {
    const PdfBox* above = nullptr;
    for (PdfLine& line : put_together(std::move(lines))) {
      FlowLine flow = {.i_page = i_page_, .column = column, .is_first = above == nullptr};
      if (above != nullptr) flow.gap = line.box.top - bottom_;
      bottom_ = line.box.bottom;
      flow.line = std::move(line);
      out_.push_back(std::move(flow));
      above = &out_.back().line.box;
    }
    lines.clear();
  }

 private:
  const std::size_t i_page_;
  std::vector<FlowLine>& out_;
  float bottom_ = 0;
};

void add_page(const PdfPage& page, std::size_t i_page, std::optional<float> gutter,
              std::vector<FlowLine>& out) {
  std::vector<PdfLine> lines;
  for (const PdfLine& line : page.lines) {
    if (gutter) {
      add_parted(line, *gutter, lines);
    } else {
      lines.push_back(line);
    }
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const PdfLine& a, const PdfLine& b) { return a.box.top < b.box.top; });
  const std::size_t begin = out.size();
  PageFlow flow(i_page, out);
  std::vector<PdfLine> full, left, right;
  for (PdfLine& line : lines) {
    const bool is_left = gutter && line.box.right <= *gutter + kSlack;
    const bool is_right = gutter && !is_left && line.box.left >= *gutter - kSlack;
    if (is_left || is_right) {
      flow.add_column(full, PageColumn::kFull);
      (is_left ? left : right).push_back(std::move(line));
    } else {
      flow.add_column(left, PageColumn::kLeft);
      flow.add_column(right, PageColumn::kRight);
      full.push_back(std::move(line));
    }
  }
  flow.add_column(full, PageColumn::kFull);
  flow.add_column(left, PageColumn::kLeft);
  flow.add_column(right, PageColumn::kRight);
  for (const PageColumn column : {PageColumn::kFull, PageColumn::kLeft, PageColumn::kRight}) {
    set_edges(out, begin, column);
  }
}

}  // namespace

std::vector<FlowLine> lines_in_reading_order(const PdfLayout& layout) {
  const std::vector<std::optional<float>> gutters = find_gutters(layout);
  std::vector<FlowLine> out;
  for (std::size_t i = 0; i < layout.pages.size(); ++i) {
    add_page(layout.pages[i], i, gutters[i], out);
  }
  return out;
}

}  // namespace quern::apps
