#include "apps/papers/import/reference_text.h"

#include <algorithm>
#include <vector>

#include "apps/papers/import/author_names.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/paper_id_text.h"

namespace quern::apps {
namespace {

bool is_capital_letter(char c) { return c >= 'A' && c <= 'Z'; }
bool is_decimal(char c) { return c >= '0' && c <= '9'; }

// The length of "[12] ", "[Bee19] ", "12. " or "(12) " at the front.
std::size_t n_label(std::string_view entry) {
  const std::size_t open = entry.empty() ? entry.npos : std::string_view("[(").find(entry[0]);
  if (open != std::string_view::npos) {
    const char close = open == 0 ? ']' : ')';
    const std::size_t end = entry.substr(0, 24).find(close);
    return end == entry.npos ? 0 : end + 1;
  }
  std::size_t n = 0;
  while (n < entry.size() && n < 4 && is_decimal(entry[n])) ++n;
  return n > 0 && n < 4 && n < entry.size() && entry[n] == '.' ? n + 1 : 0;
}

std::string_view trimmed_entry(std::string_view text) {
  const std::string_view blanks = " .,;:";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

struct YearPlace {
  std::size_t begin = 0;
  std::size_t end = 0;
  int year = 0;
};

// "2019", "(2019a)", with what encloses it; year 0: there is none from `at` on.
YearPlace next_year(std::string_view text, std::size_t at) {
  for (; at + 4 <= text.size(); ++at) {
    const bool is_inside = at > 0 && (is_decimal(text[at - 1]) || text[at - 1] == '.');
    const std::string_view four = text.substr(at, 4);
    if (is_inside || !std::all_of(four.begin(), four.end(), is_decimal)) continue;
    std::size_t end = at + 4;
    if (end < text.size() && text[end] >= 'a' && text[end] <= 'f') ++end;
    const int year = year_in(four);
    if (year == 0 || (end < text.size() && is_decimal(text[end]))) continue;
    std::size_t begin = at;
    if (begin > 0 && text[begin - 1] == '(') --begin;
    if (end < text.size() && text[end] == ')') ++end;
    return {begin, end, year};
  }
  return {};
}

// "LI, P. Paxos replicated": names are written last name first, so that what follows an initial, if
// not a comma or "and", is no name.
bool has_last_names_first(std::string_view text) {
  const std::size_t comma = text.substr(0, 40).find(", ");
  return comma != text.npos && text.substr(0, comma).find('.') == text.npos &&
         comma + 3 < text.size() && is_capital_letter(text[comma + 2]) && text[comma + 3] == '.';
}

// Behind the stop of an initial at a place: a word of some small letters that joins no names.
bool begins_title_behind(std::string_view text, std::size_t stop) {
  if (stop + 3 >= text.size() || !is_capital_letter(text[stop + 2])) return false;
  const std::string_view rest = text.substr(stop + 2);
  const std::string_view word = rest.substr(0, rest.find(' '));
  return word.size() > 1 && word[1] != '.' && word != "AND" && word.back() != ',';
}

// The end of a sentence: a stop that no initial and no abbreviation has. npos: none.
std::size_t end_of_sentence(std::string_view text, std::size_t at) {
  const bool is_last_first = at == 0 && has_last_names_first(text);
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c != '.' && c != '?' && c != '!') continue;
    if (at + 1 < text.size() && text[at + 1] != ' ') continue;
    const std::size_t word = text.rfind(' ', at) == text.npos ? 0 : text.rfind(' ', at) + 1;
    const std::string_view before = text.substr(word, at - word);
    const bool is_initial = c == '.' && !before.empty() &&
                            ((before.size() == 1 && is_capital_letter(before[0])) ||
                             (before.size() <= 4 && before.find('-') != before.npos) ||
                             before.find('.') != before.npos);
    const bool is_short = before == "vs" || before == "al" || before == "Jr" || before == "St" ||
                          before == "Eds" || before == "eds" || before == "Ed" || before == "Vol";
    if (!is_initial && !is_short) return at;
    if (is_initial && is_last_first && begins_title_behind(text, at)) return at;
  }
  return text.npos;
}

// “Title,” or "Title"; "": nothing long enough is quoted.
std::string quoted_title(std::string_view text, std::size_t& begin) {
  constexpr std::pair<std::string_view, std::string_view> kQuotes[] = {
      {"“", "”"}, {"\"", "\""}, {"``", "''"}};
  for (const auto& [open, close] : kQuotes) {
    begin = text.find(open);
    if (begin == text.npos) continue;
    const std::size_t first = begin + open.size();
    const std::size_t end = text.find(close, first);
    if (end == text.npos || end - first < 8) continue;
    return std::string(trimmed_entry(text.substr(first, end - first)));
  }
  return {};
}

// "C. D.", "J.-P.", "AB"
bool is_initials(std::string_view part) {
  while (!part.empty()) {
    const std::size_t end = std::min(part.find(' '), part.size());
    const std::string_view word = part.substr(0, end);
    if (word.empty() || !is_capital_letter(word[0])) return false;
    if (word.size() > (word.ends_with('.') ? 5U : 2U)) return false;
    part.remove_prefix(std::min(end + 1, part.size()));
  }
  return true;
}

// "Bee, A., Dee, C." and "A. Bee, C. Dee and E. Gee" as names.
std::vector<std::string> names_of_entry(std::string_view text) {
  const std::string list =
      commas_for("&", commas_for("AND", commas_for("and", " " + one_line(text) + " ")));
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    std::string part = one_line(std::string_view(list).substr(at, end - at));
    // The stop of a sentence, not of an initial.
    const std::size_t word = part.rfind(' ') == part.npos ? 0 : part.rfind(' ') + 1;
    if (part.ends_with('.') && part.size() - word > 3 && part.find('.', word) == part.size() - 1) {
      part.pop_back();
    }
    if (!part.empty() && part != "et al." && part != "et al" && part != "others") {
      parts.push_back(std::move(part));
    }
    at = end + 1;
  }
  std::vector<std::string> out;
  for (const std::string& part : parts) {
    if (is_initials(part) && !out.empty() && out.back().find(' ') == out.back().npos) {
      out.back() = part + " " + out.back();
    } else {
      out.push_back(part);
    }
  }
  return out;
}

// Authors before the year, the title behind it.
void read_year_first(std::string_view text, const YearPlace& year, PaperReference& out) {
  out.authors = names_of_entry(text.substr(0, year.begin));
  const std::string_view rest = trimmed_entry(text.substr(year.end));
  out.title = trimmed_entry(rest.substr(0, end_of_sentence(rest, 0)));
}

// "Bee, A., Dee, C.: Title. Venue": where the names end with a colon, else npos.
std::size_t colon_behind_names(std::string_view text) {
  const std::size_t at = text.substr(0, 400).find(": ");
  const bool is_initial = at != text.npos && at >= 3 && text[at - 1] == '.' &&
                          is_capital_letter(text[at - 2]) && end_of_sentence(text, 0) > at;
  return is_initial ? at : text.npos;
}

// Authors, title, venue and then the year.
void read_year_last(std::string_view text, PaperReference& out) {
  const std::size_t end = std::min(colon_behind_names(text), end_of_sentence(text, 0));
  if (end == text.npos) return;
  // The stop of a last initial is its own.
  const std::string_view names = text.substr(0, text[end] == '.' ? end + 1 : end);
  out.authors = names_of_entry(names);
  const std::string_view rest = trimmed_entry(text.substr(end));
  out.title = trimmed_entry(rest.substr(0, end_of_sentence(rest, 0)));
}

}  // namespace

int number_of_entry(std::string_view entry) {
  const std::size_t n = n_label(entry);
  int out = 0;
  for (const char c : entry.substr(0, n)) {
    if (c == '[' || c == '(' || c == ']' || c == ')' || c == '.') continue;
    if (!is_decimal(c)) return 0;
    out = 10 * out + (c - '0');
  }
  return out;
}

PaperReference reference_of_text(std::string_view entry) {
  PaperReference out;
  const std::string whole = one_line(entry);
  std::string_view text = std::string_view(whole).substr(n_label(whole));
  out.text = text.substr(std::min(text.find_first_not_of(' '), text.size()));
  text = out.text;
  out.ids.doi = doi_in(text);
  out.ids.arxiv = arxiv_id_in(text);
  complete_ids(out.ids);
  const YearPlace first = next_year(text, 0);
  for (YearPlace year = first; year.year > 0; year = next_year(text, year.end)) {
    out.year = year.year;
    if (year.begin != year.end - 4) break;  // In brackets.
  }
  std::size_t quote = 0;
  if (std::string title = quoted_title(text, quote); !title.empty()) {
    out.title = std::move(title);
    out.authors = names_of_entry(text.substr(0, quote));
    return out;
  }
  // A year right behind the names, which a title would not end before.
  const bool is_early =
      first.year > 0 && first.begin < 400 &&
      (text[first.begin] == '(' || (first.begin >= 2 && text[first.begin - 2] == '.')) &&
      first.end + 12 < text.size();
  const std::size_t sentence = end_of_sentence(text, 0);
  if (is_early && first.begin <= sentence + 3) {
    out.year = first.year;
    read_year_first(text, first, out);
  } else {
    read_year_last(text, out);
  }
  return out;
}

}  // namespace quern::apps
