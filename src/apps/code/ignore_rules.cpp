#include "apps/code/ignore_rules.h"

#include <algorithm>
#include <utility>

namespace quern::apps {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Spaces at the end do not count, unless a backslash is before one. Tabs do.
std::string_view without_trailing_spaces(std::string_view line) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') continue;
    if (line[i] == '\\' && ++i == line.size()) return line;
    end = i + 1;
  }
  return line.substr(0, end);
}

bool is_extension(std::string_view text) {
  return text.size() > 1 && text[0] == '.' && text.find('.', 1) == std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower_ascii);
  return out;
}

bool ends_with(std::string_view text, std::string_view end, PathLetters letters) {
  return text.size() >= end.size() &&
         is_same_path(text.substr(text.size() - end.size()), end, letters);
}

}  // namespace

IgnoreRules IgnoreRules::from_file(std::string_view bytes, PathLetters letters) {
  IgnoreRules out(letters);
  if (bytes.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    bytes.remove_prefix(kByteOrderMark.size());
  }
  for (int number = 1; !bytes.empty(); ++number) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (line.empty() || line[0] == '#') continue;
    if (line.back() == '\r') line.remove_suffix(1);
    line = line.substr(0, line.find('\0'));  // git's strings end there.
    out.add(without_trailing_spaces(line), number);
  }
  out.make_indexes();
  return out;
}

IgnoreRules IgnoreRules::from_globs(const std::vector<std::string>& globs) {
  IgnoreRules out(PathLetters::kExact);
  int number = 0;
  for (const std::string& glob : globs) out.add(glob, ++number);
  out.make_indexes();
  return out;
}

void IgnoreRules::add(std::string_view text, int line) {
  IgnoreRule rule{.text = std::string(text), .line = line};
  if (!text.empty() && text[0] == '!') {
    rule.is_negated = true;
    text.remove_prefix(1);
  }
  if (!text.empty() && text.back() == '/') {
    rule.is_for_folders = true;
    text.remove_suffix(1);
  }
  if (text.empty()) return;  // Matches nothing.
  rule.is_of_names = text.find('/') == std::string_view::npos;
  if (text[0] == '/') text.remove_prefix(1);
  if (text.empty()) return;  // "//".
  rule.n_literal = literal_prefix(text);
  rule.pattern = text;
  rules_.push_back(std::move(rule));
}

void IgnoreRules::make_indexes() {
  for (int i = 0; i < static_cast<int>(rules_.size()); ++i) {
    IgnoreRule& rule = rules_[static_cast<std::size_t>(i)];
    const auto put = [&](Index& index, std::size_t key_begin) {
      if (letters_ == PathLetters::kIgnoreCase) rule.pattern = lower(rule.pattern);
      const auto [slot, is_new] =
          index.emplace(std::string_view(rule.pattern).substr(key_begin), i);
      if (!is_new) rule.previous = std::exchange(slot->second, i);
    };
    if (rule.n_literal == rule.pattern.size()) {
      put(rule.is_of_names ? by_name_ : by_path_, 0);
    } else if (rule.is_of_names && rule.pattern[0] == '*' &&
               is_extension(std::string_view(rule.pattern).substr(1)) &&
               literal_prefix(std::string_view(rule.pattern).substr(1)) + 1 ==
                   rule.pattern.size()) {
      put(by_extension_, 1);
    } else {
      others_.push_back(i);
    }
  }
}

int IgnoreRules::last_of(const Index& index, std::string_view key, EntryKind kind) const {
  if (index.empty()) return -1;
  const auto found = index.find(key);
  if (found == index.end()) return -1;
  int i = found->second;
  while (i >= 0 && rules_[static_cast<std::size_t>(i)].is_for_folders &&
         kind != EntryKind::kFolder) {
    i = rules_[static_cast<std::size_t>(i)].previous;
  }
  return i;
}

bool IgnoreRules::is_match(const IgnoreRule& rule, std::string_view path,
                           std::string_view name) const {
  const std::string_view pattern = rule.pattern;
  const std::string_view text = rule.is_of_names ? name : path;
  if (rule.is_of_names && pattern[0] == '*' &&
      literal_prefix(pattern.substr(1)) + 1 == pattern.size()) {
    return ends_with(text, pattern.substr(1), letters_);
  }
  // As git does it: what is literal is cut off first, so that a `**` behind it is at a beginning.
  if (text.size() < rule.n_literal ||
      !is_same_path(text.substr(0, rule.n_literal), pattern.substr(0, rule.n_literal), letters_)) {
    return false;
  }
  const std::size_t n_cut = rule.is_of_names ? 0 : rule.n_literal;
  return matches_wildcard(pattern.substr(n_cut), text.substr(n_cut), letters_);
}

const IgnoreRule* IgnoreRules::find(std::string_view path, std::size_t name_begin,
                                    EntryKind kind) const {
  const std::string_view name = path.substr(name_begin);
  std::string lower_path;
  std::string_view path_key = path;
  if (letters_ == PathLetters::kIgnoreCase) path_key = lower_path = lower(path);
  const std::string_view name_key = path_key.substr(name_begin);
  int last = std::max(last_of(by_name_, name_key, kind), last_of(by_path_, path_key, kind));
  const std::size_t dot = name_key.rfind('.');
  if (dot != std::string_view::npos) {
    last = std::max(last, last_of(by_extension_, name_key.substr(dot), kind));
  }
  for (auto i = others_.rbegin(); i != others_.rend() && *i > last; ++i) {
    const IgnoreRule& rule = rules_[static_cast<std::size_t>(*i)];
    if (rule.is_for_folders && kind != EntryKind::kFolder) continue;
    if (is_match(rule, path, name)) last = *i;
  }
  return last < 0 ? nullptr : &rules_[static_cast<std::size_t>(last)];
}

bool IgnoreRules::brings_back_below(std::string_view folder) const {
  return std::any_of(rules_.begin(), rules_.end(), [&](const IgnoreRule& rule) {
    return rule.is_negated && !rule.is_of_names && rule.n_literal > folder.size() &&
           rule.pattern[folder.size()] == '/' &&
           is_same_path(std::string_view(rule.pattern).substr(0, folder.size()), folder, letters_);
  });
}

}  // namespace quern::apps
