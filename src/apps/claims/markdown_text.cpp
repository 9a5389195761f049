#include "apps/claims/markdown_text.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace quern::apps {
namespace {

// Text of a link, and its address: what is longer is not looked at as one.
constexpr std::size_t kMaxLinkBytes = 2000;

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
}

bool consists_of(std::string_view line, std::string_view of) {
  return !line.empty() && line.find_first_not_of(of) == std::string_view::npos;
}

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

struct Entity {
  std::string_view name;
  std::string_view text;
};
constexpr Entity kEntities[] = {{"&amp;", "&"},   {"&lt;", "<"},   {"&gt;", ">"},
                                {"&quot;", "\""}, {"&nbsp;", " "}, {"&#39;", "'"}};

/// One line of text without its marks.
class Inline {
 public:
  explicit Inline(std::string_view line) : line_(line) {}

  std::string read() {
    while (at_ < line_.size()) {
      if (!take()) out_ += line_[at_++];
    }
    return std::move(out_);
  }

 private:
  bool take();
  bool take_link();
  bool take_tag();
  bool take_emphasis();
  bool take_entity();
  std::size_t find_near(char c, std::size_t from) const {
    const std::string_view near = line_.substr(0, std::min(line_.size(), from + kMaxLinkBytes));
    return near.find(c, from);
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::string out_;
};

bool Inline::take() {
  switch (line_[at_]) {
    case '\\':
      if (at_ + 1 == line_.size() || is_word_byte(line_[at_ + 1]) || line_[at_ + 1] == ' ') {
        return false;
      }
      out_ += line_[at_ + 1];
      at_ += 2;
      return true;
    case '!':
      if (at_ + 1 < line_.size() && line_[at_ + 1] == '[') {
        ++at_;
        if (take_link()) return true;
        --at_;
      }
      return false;
    case '[':
      return take_link();
    case '<':
      return take_tag();
    case '`':
      ++at_;
      return true;
    case '*':
    case '_':
    case '~':
      return take_emphasis();
    case '&':
      return take_entity();
    default:
      return false;
  }
}

// "[text](address)", "[text][id]", "[^note]"; the text is read by itself.
bool Inline::take_link() {
  const std::size_t close = find_near(']', at_ + 1);
  if (close == std::string_view::npos) return false;
  const std::string_view text = line_.substr(at_ + 1, close - at_ - 1);
  if (text.starts_with('^')) {
    at_ = close + 1;
    return true;
  }
  if (close + 1 == line_.size() || (line_[close + 1] != '(' && line_[close + 1] != '[')) {
    return false;
  }
  const std::size_t end = find_near(line_[close + 1] == '(' ? ')' : ']', close + 2);
  if (end == std::string_view::npos) return false;
  for (const char c : text) {
    if (c != '*' && c != '`') out_ += c;
  }
  at_ = end + 1;
  return true;
}

// "<https://a.org>" is its address, any other tag nothing.
bool Inline::take_tag() {
  if (at_ + 1 == line_.size()) return false;
  const char next = line_[at_ + 1];
  const bool is_letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
  if (!is_letter && next != '/' && next != '!') return false;
  const std::size_t end = find_near('>', at_ + 1);
  if (end == std::string_view::npos) return false;
  const std::string_view inside = line_.substr(at_ + 1, end - at_ - 1);
  const bool is_address =
      inside.find("://") != std::string_view::npos && inside.find(' ') == std::string_view::npos;
  if (is_address) out_ += inside;
  at_ = end + 1;
  return true;
}

// Marks at a word's edge; "2 * 3" and "a_b" have none.
bool Inline::take_emphasis() {
  const char mark = line_[at_];
  std::size_t end = at_;
  while (end < line_.size() && line_[end] == mark) ++end;
  const bool is_after_blank = at_ == 0 || line_[at_ - 1] == ' ';
  const bool is_before_blank = end == line_.size() || line_[end] == ' ';
  const bool is_in_word =
      at_ > 0 && end < line_.size() && is_word_byte(line_[at_ - 1]) && is_word_byte(line_[end]);
  const bool is_mark = !(is_after_blank && is_before_blank) && !(mark == '_' && is_in_word) &&
                       !(mark == '~' && end - at_ < 2);
  if (!is_mark) out_ += line_.substr(at_, end - at_);
  at_ = end;
  return true;
}

bool Inline::take_entity() {
  for (const Entity& entity : kEntities) {
    if (!line_.substr(at_).starts_with(entity.name)) continue;
    out_ += entity.text;
    at_ += entity.name.size();
    return true;
  }
  return false;
}

// Behind "- ", "3. " and the like; 0 where there is no item.
std::size_t behind_marker(std::string_view line) {
  std::size_t at = 0;
  if (!line.empty() && (line[0] == '-' || line[0] == '*' || line[0] == '+')) {
    at = 1;
  } else {
    while (at < line.size() && at < 9 && line[at] >= '0' && line[at] <= '9') ++at;
    if (at == 0 || at == line.size() || (line[at] != '.' && line[at] != ')')) return 0;
    ++at;
  }
  return at < line.size() && (line[at] == ' ' || line[at] == '\t') ? at + 1 : 0;
}

class Reader {
 public:
  void take(std::string_view line);
  void end() { flush(); }
  MarkdownText take_text() { return std::move(out_); }

 private:
  bool take_fence(std::string_view line);
  bool take_heading(std::string_view line);
  bool take_underline(std::string_view line);
  void add_heading(std::string_view title);
  void add_block(const std::string& text);
  void flush();

  MarkdownText out_;
  std::string paragraph_;
  char fence_ = 0;           // Of the block of code that is read now,
  std::size_t n_fence_ = 0;  // and how many of them began it.
  bool is_comment_ = false;  // In an HTML comment of several lines.
  bool is_front_ = false;    // In what stands before the text between two lines of ---.
  bool is_first_ = true;     // No line was read yet.
  bool was_blank_ = true;
  bool is_list_ = false;
};

void Reader::take(std::string_view line) {
  const std::string_view whole = line;
  line = trimmed(line);
  if (std::exchange(is_first_, false) && line == "---") {
    is_front_ = true;
    return;
  }
  if (is_front_) {
    is_front_ = line != "---" && line != "...";
    return;
  }
  if (take_fence(line)) return;
  if (is_comment_ || line.starts_with("<!--")) {
    is_comment_ = line.find("-->") == std::string_view::npos;
    return;
  }
  const bool is_code = whole.starts_with("    ") || whole.starts_with('\t');
  if (is_code && was_blank_ && !is_list_ && paragraph_.empty()) return;
  if (line.empty()) {
    flush();
    was_blank_ = true;
    return;
  }
  if (was_blank_ && whole[0] != ' ' && whole[0] != '\t' && behind_marker(line) == 0) {
    is_list_ = false;
  }
  was_blank_ = false;
  while (line.starts_with('>')) line = trimmed(line.substr(1));
  if (line.empty() || take_heading(line) || take_underline(line)) return;
  if (consists_of(line, "-* _=") || consists_of(line, "|-: ")) {
    flush();
    return;
  }
  const std::size_t bracket = line.find("]:");
  if (line.starts_with('[') && bracket != std::string_view::npos) {
    flush();
    return;
  }
  const bool is_row = line.starts_with('|');
  if (const std::size_t text = behind_marker(line); text > 0 || is_row) {
    flush();
    is_list_ = is_list_ || !is_row;
    line = trimmed(line.substr(text));
    if (is_row) line = trimmed(line.substr(1, line.size() - (line.ends_with('|') ? 2 : 1)));
  }
  if (!paragraph_.empty()) paragraph_ += ' ';
  paragraph_ += line;
  if (is_row) flush();
}

bool Reader::take_fence(std::string_view line) {
  std::size_t n = 0;
  const char mark = line.empty() ? '\0' : line[0];
  if (mark == '`' || mark == '~') {
    while (n < line.size() && line[n] == mark) ++n;
  }
  if (fence_ != 0) {
    if (mark == fence_ && n >= n_fence_ && n == line.size()) fence_ = 0;
    return true;
  }
  if (n < 3 || (mark == '`' && line.find('`', n) != std::string_view::npos)) return false;
  flush();
  fence_ = mark;
  n_fence_ = n;
  return true;
}

bool Reader::take_heading(std::string_view line) {
  std::size_t n = 0;
  while (n < line.size() && n < 7 && line[n] == '#') ++n;
  if (n == 0 || n > 6 || (n < line.size() && line[n] != ' ' && line[n] != '\t')) return false;
  flush();
  line = trimmed(line.substr(n));
  const std::size_t last = line.find_last_not_of('#');
  if (last == std::string_view::npos) return true;
  if (last + 1 < line.size() && line[last] == ' ') line = trimmed(line.substr(0, last));
  add_heading(line);
  return true;
}

// A line of = or - below a paragraph makes it a heading.
bool Reader::take_underline(std::string_view line) {
  if (paragraph_.empty() || is_list_ || (!consists_of(line, "=") && !consists_of(line, "-"))) {
    return false;
  }
  const std::string title = std::exchange(paragraph_, {});
  add_heading(title);
  return true;
}

void Reader::add_heading(std::string_view title) {
  const std::string text = Inline(title).read();
  if (trimmed(text).empty()) return;
  add_block(text);
  out_.headings.push_back({out_.text.size() - text.size(), out_.text.size()});
  if (out_.title.empty()) out_.title = text;
  is_list_ = false;
}

void Reader::add_block(const std::string& text) {
  if (!out_.text.empty()) out_.text += "\n\n";
  out_.text += text;
}

void Reader::flush() {
  if (paragraph_.empty()) return;
  const std::string text = Inline(std::exchange(paragraph_, {})).read();
  if (!trimmed(text).empty()) add_block(text);
}

}  // namespace

MarkdownText text_of_markdown(std::string_view markdown) {
  Reader reader;
  for (std::size_t at = 0; at < markdown.size();) {
    const std::size_t end = std::min(markdown.find('\n', at), markdown.size());
    reader.take(markdown.substr(at, end - at));
    at = end + 1;
  }
  reader.end();
  return reader.take_text();
}

}  // namespace quern::apps
