#include "apps/papers/import/bibtex_entries.h"

#include <algorithm>

#include <fmt/format.h>

#include "apps/papers/import/clean_text.h"

namespace quern::apps {
namespace {

constexpr std::string_view kMonthMacros[][2] = {
    {"jan", "January"},   {"feb", "February"}, {"mar", "March"},    {"apr", "April"},
    {"may", "May"},       {"jun", "June"},     {"jul", "July"},     {"aug", "August"},
    {"sep", "September"}, {"oct", "October"},  {"nov", "November"}, {"dec", "December"},
};

// Values that are joined again and again could be larger than any file.
constexpr std::size_t kMaxBibtexValueBytes = std::size_t{1} << 20;

bool is_bibtex_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

bool is_name_char(char c) {
  return !is_bibtex_blank(c) && c != '\0' &&
         std::string_view("\"#%'(),={}@").find(c) == std::string_view::npos;
}

bool is_in_letters(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace

std::string_view BibtexEntry::field(const std::string& name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : found->second;
}

BibtexEntries::BibtexEntries(std::string_view text) : text_(text) {
  for (const auto& month : kMonthMacros) strings_.emplace(month[0], month[1]);
}

std::optional<BibtexEntry> BibtexEntries::next() {
  BibtexEntry entry;
  entry.bytes.begin = at_;
  while (find_entry()) {
    const std::size_t begin = at_ - 1;  // Its @.
    entry.n_line = n_line_;
    skip_blanks();
    entry.type = in_small_letters(name());
    skip_blanks();
    if (entry.type == "comment") {
      skip_comment();
      continue;
    }
    // An @ in what stands between entries, as of a mail address.
    if (!is_in_letters(entry.type) || (peek() != '{' && peek() != '(')) continue;
    entry.status = read_entry(entry);
    if (!entry.status.ok()) recover(begin);
    const bool is_silent = entry.type == "string" || entry.type == "preamble";
    if (is_silent && entry.status.ok()) continue;
    entry.bytes.end = at_;
    return entry;
  }
  return std::nullopt;
}

// Behind the next @.
bool BibtexEntries::find_entry() {
  while (at_ < text_.size()) {
    const bool is_here = text_[at_] == '@';
    step();
    if (is_here) return true;
  }
  return false;
}

// At the bracket that opens it.
Status BibtexEntries::read_entry(BibtexEntry& entry) {
  if (entry.type == "preamble") return skip_block();
  const char close = peek() == '{' ? '}' : ')';
  step();
  skip_blanks();
  if (entry.type == "string") {
    std::map<std::string, std::string> fields;
    QUERN_TRY(read_field(fields));
    for (auto& [name, value] : fields) strings_[name] = std::move(value);
    skip_blanks();
    take(',');
    skip_blanks();
    return take(close) ? Status() : wrong("an @string has no end");
  }
  const std::size_t begin = at_;
  while (at_ < text_.size() && !is_bibtex_blank(peek()) && peek() != ',' && peek() != '}') step();
  entry.key = one_line(text_.substr(begin, at_ - begin));
  skip_blanks();
  if (take(close)) return {};
  if (!take(',')) return wrong(fmt::format("want a comma behind the key '{}'", entry.key));
  return read_fields(close, entry);
}

Status BibtexEntries::read_fields(char close, BibtexEntry& entry) {
  while (true) {
    skip_blanks();
    while (take(',')) skip_blanks();
    if (take(close)) return {};
    QUERN_TRY(read_field(entry.fields));
    skip_blanks();
    if (take(close)) return {};
    if (!take(',')) return wrong("want a comma or the end of the entry behind a field");
  }
}

Status BibtexEntries::read_field(std::map<std::string, std::string>& fields) {
  const std::string field = in_small_letters(name());
  if (field.empty()) return wrong("want a field's name");
  skip_blanks();
  if (!take('=')) return wrong(fmt::format("want = behind the field's name '{}'", field));
  const std::size_t n_line = n_line_;
  std::string value;
  if (const Status status = read_value(value); !status.ok()) {
    return status.in(fmt::format("field '{}' of line {}", field, n_line));
  }
  fields.emplace(field, std::move(value));
  return {};
}

Status BibtexEntries::read_value(std::string& value) {
  do {
    skip_blanks();
    QUERN_TRY(read_piece(value));
    if (value.size() > kMaxBibtexValueBytes) {
      return wrong(fmt::format("the value has more than {} bytes", kMaxBibtexValueBytes));
    }
    skip_blanks();
  } while (take('#'));
  return {};
}

Status BibtexEntries::read_piece(std::string& value) {
  if (take('{')) return read_braced(value);
  if (take('"')) return read_quoted(value);
  const std::string_view word = name();
  if (word.empty()) return wrong("want a value in braces or quotes, a number or a name");
  const auto found = strings_.find(in_small_letters(word));
  value += found == strings_.end() ? word : std::string_view(found->second);
  return {};
}

Status BibtexEntries::read_braced(std::string& value) {
  const std::size_t begin = at_;
  for (int depth = 1; depth > 0;) {
    if (at_ >= text_.size() || begins_entry_line()) return wrong("a brace is not closed");
    const char c = peek();
    depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    step();
  }
  value += text_.substr(begin, at_ - 1 - begin);
  return {};
}

// A quote in braces does not end it.
Status BibtexEntries::read_quoted(std::string& value) {
  const std::size_t begin = at_;
  for (int depth = 0; depth > 0 || peek() != '"';) {
    if (at_ >= text_.size() || begins_entry_line()) return wrong("a quote is not closed");
    const char c = peek();
    depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    if (depth < 0) return wrong("a brace closes what none opened");
    step();
  }
  value += text_.substr(begin, at_ - begin);
  step();
  return {};
}

// What brackets enclose, whatever it is.
Status BibtexEntries::skip_block() {
  const char open = peek();
  const char close = open == '{' ? '}' : ')';
  int depth = 0;
  do {
    if (at_ >= text_.size() || (depth > 0 && begins_entry_line())) {
      return wrong("a bracket is not closed");
    }
    depth += peek() == open ? 1 : peek() == close ? -1 : 0;
    step();
  } while (depth > 0);
  return {};
}

// With its braces, where it has some: programs keep entries in comments.
void BibtexEntries::skip_comment() {
  if (peek() != '{' || are_comments_open_) return;
  const std::size_t begin = at_;
  const std::size_t n_line = n_line_;
  int depth = 0;
  while (at_ < text_.size()) {
    depth += peek() == '{' ? 1 : peek() == '}' ? -1 : 0;
    step();
    if (depth == 0) return;
  }
  are_comments_open_ = true;
  at_ = begin;
  n_line_ = n_line;
}

// To the next line that begins an entry, behind the one that failed.
void BibtexEntries::recover(std::size_t entry_begin) {
  while (at_ < text_.size() && (at_ <= entry_begin || !begins_entry_line())) step();
}

void BibtexEntries::skip_blanks() {
  while (at_ < text_.size() && (is_bibtex_blank(text_[at_]) || text_[at_] == '%')) {
    if (text_[at_] != '%') {
      step();
      continue;
    }
    // As Biber's, comments go to the end of their line.
    while (at_ < text_.size() && text_[at_] != '\n') step();
  }
}

std::string_view BibtexEntries::name() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_name_char(text_[at_])) ++at_;
  return text_.substr(begin, at_ - begin);
}

bool BibtexEntries::take(char c) {
  if (at_ >= text_.size() || text_[at_] != c) return false;
  step();
  return true;
}

void BibtexEntries::step() {
  if (text_[at_++] == '\n') ++n_line_;
}

// "@word{" at the beginning of a line: no value has that, so one that was left open ends before it.
bool BibtexEntries::begins_entry_line() const {
  if (peek() != '@') return false;
  if (at_ > 0 && text_[at_ - 1] != '\n') return false;
  std::size_t end = at_ + 1;
  while (end < text_.size() && is_name_char(text_[end])) ++end;
  if (!is_in_letters(text_.substr(at_ + 1, end - at_ - 1))) return false;
  while (end < text_.size() && text_[end] == ' ') ++end;
  return end < text_.size() && (text_[end] == '{' || text_[end] == '(');
}

Status BibtexEntries::wrong(const std::string& what) const {
  return {Code::kBadInput, fmt::format("line {}: {}", n_line_, what)};
}

}  // namespace quern::apps
