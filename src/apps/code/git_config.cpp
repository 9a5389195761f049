#include "apps/code/git_config.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "apps/code/tree_file.h"
#include "apps/code/wildcard.h"
#include "base/file_layer.h"

namespace quern::apps {
namespace {

constexpr int kMaxIncludes = 10;  // One within another: git's own limit.
constexpr std::size_t kMaxConfigBytes = 4 << 20;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool is_key_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

class ConfigReader {
 public:
  ConfigReader(std::string_view bytes, const ConfigLine& line) : in_(bytes), line_(line) {
    if (in_.substr(0, 3) == "\xEF\xBB\xBF") pos_ = 3;
  }

  Status run() {
    while (pos_ < in_.size()) {
      const char c = in_[pos_];
      bool is_right = true;
      if (c == '\n' || is_blank(c)) {
        n_line_ += c == '\n' ? 1 : 0;
        ++pos_;
      } else if (c == '#' || c == ';') {
        skip_line();
      } else if (c == '[') {
        is_right = read_section();
      } else {
        is_right = read_value();
      }
      if (!is_right) return {Code::kBadInput, fmt::format("line {} is no configuration", n_line_)};
    }
    return {};
  }

 private:
  char peek() const { return pos_ < in_.size() ? in_[pos_] : '\n'; }

  void skip_line() { pos_ = std::min(in_.find('\n', pos_), in_.size()); }

  // `[core]`, `[include "x"]`, and `[section.x]` of old.
  bool read_section() {
    section_.clear();
    for (++pos_; is_key_byte(peek()) || peek() == '.'; ++pos_) section_ += lower_ascii(peek());
    while (is_blank(peek())) ++pos_;
    if (peek() == '"') {
      section_ += '.';
      for (++pos_; peek() != '"'; ++pos_) {
        if (peek() == '\\') ++pos_;
        if (peek() == '\n') return false;
        section_ += peek();
      }
      ++pos_;
    }
    if (peek() != ']' || pos_ >= in_.size()) return false;
    ++pos_;
    return true;
  }

  bool read_value() {
    std::string key;
    for (; is_key_byte(peek()); ++pos_) key += lower_ascii(peek());
    while (is_blank(peek())) ++pos_;
    if (key.empty() || section_.empty()) return false;
    const std::string name = section_ + "." + key;
    if (peek() == '\n' || peek() == '#' || peek() == ';') {
      line_(name, std::nullopt);
      return true;
    }
    if (peek() != '=') return false;
    ++pos_;
    std::string value;
    if (!read_text(value)) return false;
    line_(name, value);
    return true;
  }

  // Up to the line's end or a comment, without blanks around it unless they are quoted.
  bool read_text(std::string& out) {
    std::size_t n_kept = 0;
    bool is_quoted = false;
    for (; pos_ < in_.size(); ++pos_) {
      const char c = in_[pos_];
      if (c == '\n') break;
      if (c == '"') {
        is_quoted = !is_quoted;
        n_kept = out.size();
      } else if (c == '\\') {
        if (!read_escape(out)) return false;
        n_kept = out.size();
      } else if (!is_quoted && (c == '#' || c == ';')) {
        skip_line();
        break;
      } else if (is_quoted || !is_blank(c)) {
        out += c;
        n_kept = out.size();
      } else if (!out.empty()) {
        out += c;
      }
    }
    out.resize(n_kept);
    return !is_quoted;
  }

  bool read_escape(std::string& out) {
    ++pos_;
    if (peek() == '\r' && pos_ + 1 < in_.size() && in_[pos_ + 1] == '\n') ++pos_;
    switch (peek()) {
      case '\n':
        n_line_ += 1;
        return pos_ < in_.size();  // The value goes on in the next line.
      case 't':
        out += '\t';
        return true;
      case 'n':
        out += '\n';
        return true;
      case 'b':
        out += '\b';
        return true;
      case '\\':
      case '"':
        out += peek();
        return true;
      default:
        return false;
    }
  }

  std::string_view in_;
  const ConfigLine& line_;
  std::size_t pos_ = 0;
  int n_line_ = 1;
  std::string section_;
};

// `gitdir:PATTERN`: from anywhere where it is relative, all below where it ends in '/'.
bool is_condition_met(std::string_view condition, const std::string& file,
                      const std::string& git_folder) {
  PathLetters letters = PathLetters::kExact;
  if (condition.substr(0, 7) == "gitdir:") {
    condition.remove_prefix(7);
  } else if (condition.substr(0, 9) == "gitdir/i:") {
    condition.remove_prefix(9);
    letters = PathLetters::kIgnoreCase;
  } else {
    return false;
  }
  std::string pattern(condition);
  if (pattern.substr(0, 2) == "~/") {
    pattern = expanded_path(pattern, "");
  } else if (pattern.substr(0, 2) == "./") {
    pattern = parent_of(file) + pattern.substr(1);
  } else if (pattern.empty() || pattern[0] != '/') {
    pattern = "**/" + pattern;
  }
  if (pattern.back() == '/') pattern += "**";
  return matches_wildcard(pattern, git_folder, letters);
}

}  // namespace

Status parse_git_config(std::string_view bytes, const ConfigLine& line) {
  return ConfigReader(bytes, line).run();
}

std::string expanded_path(const std::string& path, const std::string& folder) {
  if (path == "~" || path.substr(0, 2) == "~/") {
    const char* home = std::getenv("HOME");
    return (home == nullptr ? "" : home) + path.substr(1);
  }
  return path.empty() || path[0] == '/' ? path : folder + "/" + path;
}

Status GitConfig::read(const std::string& file, const std::string& git_folder) {
  return read_within(file, git_folder, 0);
}

Status GitConfig::read_within(const std::string& file, const std::string& git_folder, int depth) {
  auto bytes = read_whole_file(file, kMaxConfigBytes);
  if (!bytes.ok() && bytes.status().code() == Code::kNotFound) return {};
  if (!bytes.ok()) return bytes.status();
  Status included;
  const Status parsed = parse_git_config(
      *bytes, [&](const std::string& name, const std::optional<std::string>& value) {
        values_[name] = value;
        constexpr std::string_view kCondition = "includeif.";
        const bool is_conditional = name.substr(0, kCondition.size()) == kCondition &&
                                    name.size() > kCondition.size() + 5 &&
                                    name.substr(name.size() - 5) == ".path";
        if (!value || (name != "include.path" && !is_conditional)) return;
        if (is_conditional &&
            !is_condition_met(std::string_view(name).substr(kCondition.size(),
                                                            name.size() - kCondition.size() - 5),
                              file, git_folder)) {
          return;
        }
        if (depth >= kMaxIncludes) {
          included = {Code::kBadInput, fmt::format("'{}' includes too deep", file)};
          return;
        }
        const Status status =
            read_within(expanded_path(*value, parent_of(file)), git_folder, depth + 1);
        if (!status.ok()) included = status;
      });
  if (!parsed.ok()) return parsed.in(fmt::format("git's configuration '{}'", file));
  return included;
}

const std::optional<std::string>* GitConfig::find(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

std::optional<std::string> GitConfig::text(const std::string& name) const {
  const auto* found = find(name);
  return found == nullptr ? std::nullopt : *found;
}

bool GitConfig::is_yes(const std::string& name) const {
  const auto* found = find(name);
  if (found == nullptr) return false;
  if (!*found) return true;
  std::string value = **found;
  for (char& c : value) c = lower_ascii(c);
  if (value == "true" || value == "yes" || value == "on") return true;
  return value.find_first_of("123456789") == 0;
}

std::vector<std::string> GitConfig::names_with(std::string_view prefix) const {
  std::vector<std::string> out;
  for (auto at = values_.lower_bound(std::string(prefix));
       at != values_.end() && at->first.substr(0, prefix.size()) == prefix; ++at) {
    out.push_back(at->first);
  }
  return out;
}

}  // namespace quern::apps
