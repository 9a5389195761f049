#include "apps/papers/import/paper_id_text.h"

#include <algorithm>

#include "apps/papers/import/clean_text.h"

namespace quern::apps {
namespace {

bool is_digit_char(char c) { return c >= '0' && c <= '9'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_small(char c) { return c >= 'a' && c <= 'z'; }

std::size_t n_digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit_char(text[end])) ++end;
  return end - at;
}

std::string with_slashes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view three = text.substr(i, 3);
    if (three == "%2F" || three == "%2f") {
      out += '/';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// What sentences put behind an id; a bracket only where none opens inside.
std::string_view without_end_of_sentence(std::string_view id) {
  while (!id.empty()) {
    const char last = id.back();
    const char opens = last == ')' ? '(' : last == ']' ? '[' : last == '}' ? '{' : '\0';
    const bool is_open_inside = opens != '\0' && std::count(id.begin(), id.end(), opens) >=
                                                     std::count(id.begin(), id.end(), last);
    if (is_open_inside || std::string_view(".,;:'\"*)]}").find(last) == std::string_view::npos) {
      break;
    }
    id.remove_suffix(1);
  }
  return id;
}

// The length of "1706.03762" or "math.GT/0309136" at a place; 0: there is none.
std::size_t n_arxiv_at(std::string_view text, std::size_t at) {
  if (n_digits_at(text, at) == 4 && at + 4 < text.size() && text[at + 4] == '.') {
    const std::size_t n = n_digits_at(text, at + 5);
    return n == 4 || n == 5 ? 5 + n : 0;
  }
  std::size_t end = at;
  while (end < text.size() && (is_small(text[end]) || text[end] == '-')) ++end;
  if (end == at) return 0;
  if (end + 2 < text.size() && text[end] == '.' && is_capital(text[end + 1])) end += 3;
  if (end >= text.size() || text[end] != '/' || n_digits_at(text, end + 1) != 7) return 0;
  return end + 8 - at;
}

// Behind the id: its version, or nothing that goes on.
bool is_whole_at(std::string_view text, std::size_t end) {
  if (end < text.size() && text[end] == 'v') end += 1 + n_digits_at(text, end + 1);
  return end >= text.size() || (!is_small(text[end]) && !is_capital(text[end]));
}

std::string arxiv_id_at(std::string_view text, std::size_t at) {
  const std::size_t n = n_arxiv_at(text, at);
  return n > 0 && is_whole_at(text, at + n) ? std::string(text.substr(at, n)) : std::string();
}

}  // namespace

std::string doi_in(std::string_view text) {
  const std::string plain = with_slashes(text);
  for (std::size_t at = plain.find("10."); at != plain.npos; at = plain.find("10.", at + 1)) {
    if (at > 0 && (is_digit_char(plain[at - 1]) || plain[at - 1] == '.')) continue;
    const std::size_t n = n_digits_at(plain, at + 3);
    if (n < 4 || n > 9) continue;
    std::size_t slash = at + 3 + n;  // "10.1000.10/123": registrants may have parts.
    while (slash < plain.size() && plain[slash] == '.') slash += 1 + n_digits_at(plain, slash + 1);
    if (slash >= plain.size() || plain[slash] != '/') continue;
    std::size_t end = slash + 1;
    while (end < plain.size() && static_cast<unsigned char>(plain[end]) > ' ' &&
           std::string_view("\"<>{}|\\^`").find(plain[end]) == std::string_view::npos) {
      ++end;
    }
    const std::string_view doi =
        without_end_of_sentence(std::string_view(plain).substr(at, end - at));
    if (at + doi.size() > slash + 1) return std::string(doi);
  }
  return {};
}

std::string arxiv_id_of(std::string_view field) {
  const std::string whole = one_line(field);
  if (std::string id = arxiv_id_in(whole); !id.empty()) return id;
  const std::string_view rest = whole;
  const std::size_t begin = rest.find_first_not_of(" :");
  if (begin == rest.npos) return {};
  return arxiv_id_at(rest, begin);
}

std::string arxiv_id_in(std::string_view text) {
  const std::string small = in_small_letters(text);
  for (const std::string_view mark :
       {"arxiv.org/abs/", "arxiv.org/pdf/", "arxiv.org/html/", "arxiv:", "arxiv.", "abs/"}) {
    for (std::size_t at = small.find(mark); at != small.npos; at = small.find(mark, at + 1)) {
      const std::size_t begin = text.find_first_not_of(" :", at + mark.size());
      if (begin == text.npos) break;
      if (std::string id = arxiv_id_at(text, begin); !id.empty()) return id;
    }
  }
  return {};
}

bool is_acl_id(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == text.npos) return false;
  if (dash == 3 && is_capital(text[0]) && n_digits_at(text, 1) == 2) {
    const std::size_t n = n_digits_at(text, 4);
    return (n == 4 || n == 5) && 4 + n == text.size();
  }
  // "2020.acl-main.1": year, venue, volume, number.
  if (n_digits_at(text, 0) != 4 || text[4] != '.') return false;
  const std::size_t dot = text.rfind('.');
  const auto is_name = [](char c) { return is_small(c) || is_digit_char(c) || c == '_'; };
  const std::string_view venue = text.substr(5, dash - 5);
  if (dot < dash + 2 || venue.empty() || !std::all_of(venue.begin(), venue.end(), is_name)) {
    return false;
  }
  const std::string_view volume = text.substr(dash + 1, dot - dash - 1);
  const auto is_letter_or_digit = [](char c) {
    return is_small(c) || is_capital(c) || is_digit_char(c) || c == '-' || c == '_';
  };
  const std::size_t n = n_digits_at(text, dot + 1);
  return std::all_of(volume.begin(), volume.end(), is_letter_or_digit) && n > 0 &&
         dot + 1 + n == text.size();
}

std::string acl_id_of(std::string_view field) {
  std::string_view id = field;
  while (!id.empty() && (id.back() == '/' || id.back() == ' ')) id.remove_suffix(1);
  const std::size_t slash = id.rfind('/');
  if (slash != id.npos) id.remove_prefix(slash + 1);
  if (id.ends_with(".pdf") || id.ends_with(".bib")) id.remove_suffix(4);
  return is_acl_id(id) ? std::string(id) : std::string();
}

bool is_paper_id(std::string_view text) {
  return text.size() == 40 && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit_char(c) || (c >= 'a' && c <= 'f');
         });
}

std::string digits_at_end(std::string_view field) {
  std::size_t end = field.size();
  while (end > 0 && (field[end - 1] == '/' || field[end - 1] == ' ')) --end;
  std::size_t begin = end;
  while (begin > 0 && is_digit_char(field[begin - 1])) --begin;
  return std::string(field.substr(begin, end - begin));
}

void add_ids_of_url(std::string_view url, PaperIds& ids) {
  const auto has = [&](std::string_view part) { return url.find(part) != url.npos; };
  if (has("arxiv.org/") && ids.arxiv.empty()) ids.arxiv = arxiv_id_of(url);
  if (has("doi.org/") && ids.doi.empty()) ids.doi = doi_in(url);
  if ((has("aclanthology.") || has("aclweb.org/")) && ids.acl.empty()) ids.acl = acl_id_of(url);
  if (has("pubmed") && ids.pubmed.empty()) ids.pubmed = digits_at_end(url);
  if (has("ncbi.nlm.nih.gov/pmc/") && ids.pmc.empty()) ids.pmc = digits_at_end(url);
  if (has("semanticscholar.org/") && ids.paper_id.empty() && url.size() >= 40) {
    const std::string_view last = url.substr(url.size() - 40);
    if (is_paper_id(last)) ids.paper_id = last;
  }
}

void complete_ids(PaperIds& ids) {
  const std::string doi = in_small_letters(ids.doi);
  if (ids.arxiv.empty() && doi.starts_with("10.48550/")) ids.arxiv = arxiv_id_of(ids.doi);
  if (ids.acl.empty() && doi.starts_with("10.18653/v1/")) ids.acl = acl_id_of(ids.doi);
}

}  // namespace quern::apps
