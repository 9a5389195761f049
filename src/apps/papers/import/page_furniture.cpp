#include "apps/papers/import/page_furniture.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/heading_text.h"

namespace quern::apps {
namespace {

// Of a page's height, from its head and foot: where running lines stand; in wide margins those that
// stand at the same height on each page.
constexpr float kEdgeShare = 0.12F;
constexpr float kWideEdgeShare = 0.25F;

// Lines that one page has in its margin at least, where they are numbered.
constexpr int kFewestLineNumbers = 8;

bool is_figure_char(char c) { return c >= '0' && c <= '9'; }

// "7", "- 7 -"
bool is_number_only(std::string_view text) {
  while (text.starts_with("- ")) text.remove_prefix(2);
  while (text.ends_with(" -")) text.remove_suffix(2);
  return !text.empty() && text.size() <= 4 && std::all_of(text.begin(), text.end(), is_figure_char);
}

// Letters that stand above each other: higher than wide, though of several characters.
bool is_turned(const PdfWord& word) {
  return word.text.size() >= 4 && word.box.height() > 1.5F * word.box.width();
}

std::string take_turned_lines(PdfPage& page) {
  std::string stamp;
  std::erase_if(page.lines, [&](const PdfLine& line) {
    const bool is_one = std::any_of(line.words.begin(), line.words.end(), is_turned) &&
                        line.box.height() > line.box.width();
    if (is_one) stamp += line.text() + " ";
    return is_one;
  });
  return stamp;
}

// Where the text is, by lines of some words: (left, right).
std::pair<float, float> text_edges(const PdfPage& page) {
  std::vector<float> lefts, rights;
  for (const PdfLine& line : page.lines) {
    if (line.words.size() < 4) continue;
    lefts.push_back(line.box.left);
    rights.push_back(line.box.right);
  }
  if (lefts.empty()) return {0, page.width};
  std::sort(lefts.begin(), lefts.end());
  std::sort(rights.begin(), rights.end());
  return {lefts[lefts.size() / 20], rights[rights.size() - 1 - rights.size() / 20]};
}

void take_line_numbers(PdfPage& page) {
  const auto [left, right] = text_edges(page);
  const auto is_in_margin = [l = left, r = right](const PdfWord& word) {
    return is_number_only(word.text) && (word.box.right < l || word.box.left > r);
  };
  std::ptrdiff_t n = 0;
  for (const PdfLine& line : page.lines) {
    n += std::count_if(line.words.begin(), line.words.end(), is_in_margin);
  }
  if (n < kFewestLineNumbers) return;
  std::vector<PdfLine> kept;
  for (PdfLine& line : page.lines) {
    std::erase_if(line.words, is_in_margin);
    if (!line.words.empty()) kept.push_back(line_of_words(std::move(line.words)));
  }
  page.lines = std::move(kept);
}

bool is_at_edge(const PdfPage& page, const PdfLine& line, float share) {
  return line.box.bottom < share * page.height || line.box.top > (1 - share) * page.height;
}

// "Proceedings of ACL, pages #" at a height: what running lines have in common.
std::string common_form(const PdfLine& line) {
  std::string out;
  for (const char c : line.text()) {
    if (!is_figure_char(c)) out += c;
  }
  return out;
}

// Numbers of sections have nothing in common with each other.
bool has_words(const PdfLine& line) {
  const std::string form = common_form(line);
  return std::any_of(form.begin(), form.end(), [](char c) {
    const char small = static_cast<char>(c | 32);
    return (small >= 'a' && small <= 'z') || (c & 0x80) != 0;
  });
}

struct RunningForms {
  std::map<std::string, float> sizes;                     // Of a form's smallest letters.
  std::map<std::string, std::set<std::size_t>> pages_of;  // Pages that a form stands on,
  std::map<std::pair<std::string, int>, std::set<std::size_t>> pages_at;  // at a height.
  std::map<int, std::set<std::size_t>> heads_at;    // Pages whose first row stands alone.
  std::map<int, std::set<std::size_t>> numbers_at;  // Pages with a number alone, by height.
};

int height_step(const PdfLine& line) { return static_cast<int>(std::lround(line.box.top / 4)); }

// The bottom of a page's first row, where the text stands clear of it; 0: it does not.
float lone_head(const PdfPage& page) {
  if (page.lines.size() < 3) return 0;
  std::vector<const PdfLine*> lines;
  for (const PdfLine& line : page.lines) lines.push_back(&line);
  std::sort(lines.begin(), lines.end(),
            [](const PdfLine* a, const PdfLine* b) { return a->box.top < b->box.top; });
  float bottom = lines[0]->box.bottom;
  for (const PdfLine* line : lines) {
    if (line->box.top < bottom - 0.3F * line->size) {
      bottom = std::max(bottom, line->box.bottom);
    } else {
      return line->box.top - bottom > 0.7F * line->size ? bottom : 0;
    }
  }
  return 0;
}

RunningForms forms_of(const PdfLayout& layout) {
  RunningForms out;
  for (std::size_t i = 0; i < layout.pages.size(); ++i) {
    if (const float bottom = lone_head(layout.pages[i]); bottom > 0) {
      for (const int d : {-1, 0, 1}) {
        out.heads_at[static_cast<int>(std::lround(bottom / 4)) + d].insert(i);
      }
    }
    for (const PdfLine& line : layout.pages[i].lines) {
      if (is_at_edge(layout.pages[i], line, kWideEdgeShare) && has_words(line)) {
        for (const int d : {-1, 0, 1}) {
          out.pages_at[{common_form(line), height_step(line) + d}].insert(i);
        }
      }
      if (!is_at_edge(layout.pages[i], line, kEdgeShare)) continue;
      const std::string text = line.text();
      if (is_number_only(text)) {
        for (const int d : {-1, 0, 1}) out.numbers_at[height_step(line) + d].insert(i);
      } else {
        if (!has_words(line)) continue;
        const std::string form = common_form(line);
        out.pages_of[form].insert(i);
        const auto [size, is_new] = out.sizes.emplace(form, line.size);
        if (!is_new) size->second = std::min(size->second, line.size);
      }
    }
  }
  return out;
}

// The size that half of a page's lines have at most.
float median_size(const PdfPage& page) {
  std::vector<float> sizes;
  for (const PdfLine& line : page.lines) sizes.push_back(line.size);
  if (sizes.empty()) return 0;
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle;
}

// "Copyright ...", "Permission to make digital ...": said once, at the foot of the first page.
bool is_imprint(const std::string& text) {
  const std::string small = in_small_letters(text);
  for (const char* mark : {"copyright", "©", "all rights reserved", "permission to make", "issn",
                           "proceedings of", "https://doi.org", "doi:", "arxiv:", "preprint",
                           "conference on", "downloaded from", "licensed under", "isbn"}) {
    if (small.find(mark) != std::string::npos) return true;
  }
  return false;
}

std::size_t n_pages_of(const auto& pages_of, const auto& key) {
  const auto found = pages_of.find(key);
  return found == pages_of.end() ? 0 : found->second.size();
}

bool is_running(const RunningForms& forms, const PdfLine& line, std::size_t n_pages) {
  const std::string text = line.text();
  if (is_number_only(text)) {
    return n_pages_of(forms.numbers_at, height_step(line)) >= 2 || n_pages == 1;
  }
  // The title itself is printed larger.
  const std::string form = common_form(line);
  const auto size = forms.sizes.find(form);
  if (size != forms.sizes.end() && line.size > 1.15F * size->second) return false;
  const std::size_t n = n_pages_of(forms.pages_of, form);
  return (n >= 3 && 4 * n >= n_pages) || (n >= 2 && n == n_pages);
}

// How far lines reach up and down on a page.
struct PageReach {
  float first_bottom = 0;  // Of the uppermost line,
  float last_top = 0;      // and of the lowest.
};

PageReach reach_of(const PdfPage& page) {
  PageReach out = {.first_bottom = page.height, .last_top = 0};
  for (const PdfLine& line : page.lines) {
    out.first_bottom = std::min(out.first_bottom, line.box.bottom);
    out.last_top = std::max(out.last_top, line.box.top);
  }
  return out;
}

// A number alone at the very head or foot of its page.
bool is_outermost_number(const PageReach& reach, const PdfLine& line) {
  return is_number_only(line.text()) &&
         (line.box.bottom >= reach.last_top || line.box.top <= reach.first_bottom);
}

bool is_running_at_height(const RunningForms& forms, const PdfLine& line, std::size_t n_pages) {
  const std::size_t n = n_pages_of(forms.pages_at, std::pair(common_form(line), height_step(line)));
  return n >= 3 && 6 * n >= n_pages && !is_number_only(line.text());
}

// In the first row of a page, which stands alone at the same height on most pages.
bool is_in_lone_head(const RunningForms& forms, float bottom, const PdfLine& line,
                     std::size_t n_pages) {
  if (bottom <= 0 || line.box.bottom > bottom + 1) return false;
  if (!heading_text_of(line.text()).number.empty()) return false;
  const std::size_t n = n_pages_of(forms.heads_at, static_cast<int>(std::lround(bottom / 4)));
  return n >= 2 && 2 * n >= n_pages;
}

}  // namespace

PageFurniture take_page_furniture(PdfLayout& layout) {
  PageFurniture out;
  for (PdfPage& page : layout.pages) {
    const std::string stamp = take_turned_lines(page);
    if (out.stamp.empty()) out.stamp = one_line(stamp);
    take_line_numbers(page);
  }
  const RunningForms forms = forms_of(layout);
  for (std::size_t i = 0; i < layout.pages.size(); ++i) {
    PdfPage& page = layout.pages[i];
    const std::size_t n_pages = layout.pages.size();
    const float head = i == 0 ? 0 : lone_head(page);
    const float usual = 1.05F * median_size(page);
    const PageReach reach = reach_of(page);
    std::erase_if(page.lines, [&](const PdfLine& line) {
      const bool is_near = is_at_edge(page, line, kEdgeShare);
      const bool is_one =
          (is_near && (is_running(forms, line, n_pages) || is_outermost_number(reach, line))) ||
          (is_near && i == 0 && line.size <= usual && is_imprint(line.text())) ||
          (is_at_edge(page, line, kWideEdgeShare) && is_running_at_height(forms, line, n_pages)) ||
          is_in_lone_head(forms, head, line, n_pages);
      if (is_one && i == 0) out.running += line.text() + "\n";
      return is_one;
    });
  }
  return out;
}

}  // namespace quern::apps
