#include "apps/papers/reference_mentions.h"

#include <algorithm>

#include "apps/papers/paper_identity.h"

namespace quern::apps {
namespace {

// Between a name and its year: "and Marcus, ", " et al. (".
constexpr std::size_t kNameToYear = 48;
constexpr std::size_t kMaxBracket = 40;

bool is_cipher_here(char c) { return c >= '0' && c <= '9'; }

bool is_part_of_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_cipher_here(c) ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// `year` at `at`, with a letter behind it ("2003b") where there is one: its end; 0: another one.
std::size_t end_of_year(std::string_view text, std::size_t at, const std::string& year) {
  if (text.substr(at, year.size()) != year || (at > 0 && is_cipher_here(text[at - 1]))) return 0;
  std::size_t end = at + year.size();
  if (end < text.size() && text[end] >= 'a' && text[end] <= 'z') ++end;
  return end < text.size() && is_part_of_word(text[end]) ? 0 : end;
}

/// What lies between a name and its year: no other year, no end of a sentence but "al."
bool can_lie_between(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_cipher_here(text[i]) || text[i] == ';' || text[i] == '\n') return false;
    const bool ends = text[i] == '.' && i + 1 < text.size() && text[i + 1] == ' ';
    if (ends && !text.substr(0, i + 1).ends_with("al.")) return false;
  }
  return true;
}

void add_named(std::string_view text, const KnownReference& reference,
               std::vector<ReferenceMention>& out) {
  if (reference.year <= 0 || reference.authors.empty()) return;
  const std::string name = last_name(reference.authors[0]);
  const std::string year = std::to_string(reference.year);
  if (name.size() < 2) return;
  for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    const std::size_t behind = at + name.size();
    if (at > 0 && is_part_of_word(text[at - 1])) continue;
    if (behind < text.size() && is_part_of_word(text[behind])) continue;
    for (std::size_t i = behind; i < std::min(text.size(), behind + kNameToYear); ++i) {
      const std::size_t end = end_of_year(text, i, year);
      if (end == 0 || !can_lie_between(text.substr(behind, i - behind))) continue;
      out.push_back({.bytes = {at, end}, .corpus_id = reference.corpus_id});
      break;
    }
  }
}

std::size_t take_entry(std::string_view text, std::size_t& at) {
  std::size_t out = 0;
  const std::size_t begin = at;
  while (at < text.size() && at < begin + 4 && is_cipher_here(text[at])) {
    out = 10 * out + static_cast<std::size_t>(text[at++] - '0');
  }
  return out;
}

/// "[1, 3-5]" at `at`: where it names entry `number`; an empty span where it does not.
ByteSpan numbered_span(std::string_view text, std::size_t at, std::size_t number) {
  const std::size_t end = text.find(']', at);
  if (end == text.npos || end - at > kMaxBracket) return {};
  for (std::size_t i = at + 1; i < end;) {
    if (text[i] == ' ' || text[i] == ',' || text[i] == ';') {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    const std::size_t first = take_entry(text, i);
    if (first == 0) return {};
    std::size_t last = first;
    for (const std::string_view dash : {"-", "\u2013"}) {
      if (!text.substr(i).starts_with(dash)) continue;
      i += dash.size();
      last = take_entry(text, i);
      break;
    }
    if (first <= number && number <= last) return {begin, i};
  }
  return {};
}

/// One blank where there are several, as contexts are kept.
std::string one_line_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!is_blank) out += c;
    if (is_blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  return out;
}

void add_numbered(std::string_view text, ByteSpan sentence, const std::string& line,
                  const KnownReference& reference, std::vector<ReferenceMention>& out) {
  const bool cites =
      std::any_of(reference.contexts.begin(), reference.contexts.end(), [&](const auto& context) {
        return context.find(line) != std::string::npos || line.find(context) != std::string::npos;
      });
  if (!cites) return;
  for (std::size_t at = text.find('[', sentence.begin); at < sentence.end;
       at = text.find('[', at + 1)) {
    const ByteSpan span = numbered_span(text, at, reference.number);
    if (span.end > span.begin) out.push_back({.bytes = span, .corpus_id = reference.corpus_id});
  }
}

}  // namespace

std::vector<ReferenceMention> mentions_in(std::string_view text, const ByteSpans& sentences,
                                          const std::vector<KnownReference>& references) {
  std::vector<ReferenceMention> out;
  for (const KnownReference& reference : references) add_named(text, reference, out);
  for (const ByteSpan& sentence : sentences) {
    if (text.find('[', sentence.begin) >= sentence.end) continue;
    const std::string line =
        one_line_of(text.substr(sentence.begin, sentence.end - sentence.begin));
    for (const KnownReference& reference : references) {
      add_numbered(text, sentence, line, reference, out);
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.bytes.begin < b.bytes.begin; });
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace quern::apps
