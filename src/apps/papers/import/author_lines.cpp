#include "apps/papers/import/author_lines.h"

#include <algorithm>

#include "apps/papers/import/author_names.h"
#include "apps/papers/import/clean_text.h"

namespace quern::apps {
namespace {

constexpr std::size_t kMostAuthors = 100;

bool is_name_word(std::string_view word) {
  const auto first = static_cast<unsigned char>(word[0]);
  const bool is_large = (first >= 'A' && first <= 'Z') || first >= 0xc3;
  const std::string small = in_small_letters(word);
  for (const char* particle : {"van", "von", "de", "der", "den", "del", "da",  "di", "dos", "la",
                               "le",  "el",  "al", "bin", "ben", "ter", "ten", "zu", "du",  "y"}) {
    if (small == particle) return true;
  }
  return is_large && word.find_first_of("0123456789@/&()[]{}:") == word.npos;
}

bool is_name(const std::string& name) {
  if (name.size() < 4 || name.size() > 60 || is_place(name)) return false;
  std::string_view rest = name;
  std::size_t n = 0, n_long = 0;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    if (!is_name_word(word)) return false;
    ++n;
    if (word.size() > 2 && !word.ends_with('.')) ++n_long;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return n >= 2 && n <= 5 && n_long >= 1;
}

// Marks of affiliations are commas between names.
std::string with_commas_for_marks(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const std::string_view rest = line.substr(i);
    bool is_mark = (line[i] >= '0' && line[i] <= '9') || line[i] == '*' || line[i] == ';';
    for (const std::string_view sign : {"∗", "†", "‡", "§", "¶", "·", "•", "♠", "♣", "⋆", "⇤"}) {
      if (!rest.starts_with(sign)) continue;
      is_mark = true;
      i += sign.size() - 1;
    }
    out += is_mark ? ',' : line[i];
  }
  return commas_for("&", commas_for("and", " " + one_line(out) + " "));
}

// Pieces of a line that wide blanks part: authors side by side.
std::vector<std::string> pieces_of_line(const PdfLine& line) {
  std::vector<std::string> out;
  std::vector<PdfWord> words;
  for (const PdfWord& word : line.words) {
    if (!words.empty() && word.box.left - words.back().box.right > 1.1F * line.size) {
      out.push_back(line_of_words(std::move(words)).text());
      words.clear();
    }
    words.push_back(word);
  }
  if (!words.empty()) out.push_back(line_of_words(std::move(words)).text());
  return out;
}

}  // namespace

bool is_place(std::string_view name) {
  const std::string small = in_small_letters(name);
  for (const char* mark :
       {"universit",    "institut", "department",  "dept",       "school",    "college",
        "laborator",    "research", "inc.",        "corp",       "google",    "microsoft",
        "facebook",     "amazon",   "ibm",         "deepmind",   "openai",    "center",
        "centre",       "faculty",  "academy",     "company",    "ltd",       "gmbh",
        "group",        "sciences", "engineering", "technolog",  "hospital",  "street",
        "avenue",       "road",     "abstract",    "usa",        "germany",   "china",
        "france",       "italy",    "japan",       "canada",     "india",     "u.s.a",
        "kingdom",      "national", "labs",        "foundation", "press",     "member, ieee",
        "fellow, ieee", "editor",   "received",    "computer",   "informati", "mathemati",
        "systems",      "software", "division"}) {
    if (small.find(mark) != small.npos) return true;
  }
  return false;
}

std::vector<std::string> names_in_line(std::string_view line) {
  std::vector<std::string> out;
  if (line.find('@') != line.npos) return out;
  if (line.starts_with("By ") || line.starts_with("by ")) line.remove_prefix(3);
  std::string all = with_commas_for_marks(line);
  std::size_t n_others = 0;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find(',', at), all.size());
    std::string name = one_line(std::string_view(all).substr(at, end - at));
    if (is_name(name)) {
      out.push_back(std::move(name));
    } else if (name.size() > 2) {
      ++n_others;
    }
    at = end + 1;
  }
  if (n_others > 0 && n_others >= out.size()) out.clear();
  return out;
}

std::vector<PaperAuthor> authors_of_lines(std::vector<const PdfLine*> lines) {
  std::vector<PaperAuthor> out;
  std::stable_sort(lines.begin(), lines.end(),
                   [](const PdfLine* a, const PdfLine* b) { return a->box.top < b->box.top; });
  float size = 0;  // Of the first names: those of places are printed smaller.
  for (const PdfLine* line : lines) {
    if (line->size < 0.93F * size) continue;
    for (const std::string& piece : pieces_of_line(*line)) {
      for (std::string& name : names_in_line(piece)) {
        const bool is_new = std::none_of(out.begin(), out.end(),
                                         [&](const PaperAuthor& one) { return one.name == name; });
        if (size == 0) size = line->size;
        if (is_new && out.size() < kMostAuthors) {
          out.push_back({.name = std::move(name)});
        }
      }
    }
  }
  return out;
}

}  // namespace quern::apps
