#include "apps/code/code_filter.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/code/code_chunk.h"
#include "apps/code/file_kind.h"
#include "apps/code/file_language.h"

namespace quern::apps {
namespace {

store::Filter text_filter(std::string name, std::string text) {
  store::Filter out;
  out.op = store::FilterOp::kText;
  out.name = std::move(name);
  out.text = std::move(text);
  return out;
}

store::Filter joined(store::FilterOp op, std::vector<store::Filter> parts) {
  if (parts.size() == 1) return std::move(parts[0]);
  store::Filter out;
  out.op = op;
  out.parts = std::move(parts);
  return out;
}

// The folders that a glob names before its first wildcard, with the slash; "" where there is none.
std::string literal_folders(std::string_view glob) {
  if (glob.starts_with('!')) return {};
  if (glob.starts_with("./")) glob.remove_prefix(2);
  if (glob.starts_with('/')) glob.remove_prefix(1);
  const std::string_view literal = glob.substr(0, glob.find_first_of("*?[\\"));
  const std::size_t slash = literal.rfind('/');
  // "src/" and "src" are found in any folder, "src/x" only at the root: as in ignore files.
  if (slash == std::string_view::npos || slash + 1 == glob.size()) return {};
  return std::string(literal.substr(0, slash + 1));
}

// As a shell's user writes it: ./src is /src.
std::vector<std::string> without_dots(std::vector<std::string> globs) {
  for (std::string& glob : globs) {
    const std::size_t begin = glob.starts_with('!') ? 1 : 0;
    if (glob.compare(begin, 2, "./") == 0) glob.erase(begin, 1);
  }
  return globs;
}

}  // namespace

Status check_scope(const CodeScope& scope) {
  const auto check = [](const char* what, const std::vector<std::string>& wanted, int n,
                        const auto& name_of) -> Status {
    std::vector<std::string> names;
    for (int i = 0; i < n; ++i) {
      if (*name_of(i) != 0) names.emplace_back(name_of(i));
    }
    for (const std::string& name : wanted) {
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      return {Code::kBadInput,
              fmt::format("no {} '{}', want {}", what, name, fmt::join(names, ", "))};
    }
    return {};
  };
  QUERN_TRY(check("kind", scope.kinds, kNSymbolKinds,
                  [](int i) { return symbol_kind_name(static_cast<SymbolKind>(i)); }));
  return check("role", scope.roles, static_cast<int>(FileRole::kGenerated) + 1,
               [](int i) { return role_name(static_cast<FileRole>(i)); });
}

std::string language_from_name(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kOthers[] = {
      {"c#", "c_sharp"},        {"c++", "cpp"},        {"cc", "cpp"},
      {"cs", "c_sharp"},        {"csharp", "c_sharp"}, {"cxx", "cpp"},
      {"docker", "dockerfile"}, {"ex", "elixir"},      {"golang", "go"},
      {"hs", "haskell"},        {"js", "javascript"},  {"kt", "kotlin"},
      {"md", "markdown"},       {"ml", "ocaml"},       {"objective-c", "objc"},
      {"pl", "perl"},           {"py", "python"},      {"rb", "ruby"},
      {"rs", "rust"},           {"sh", "bash"},        {"shell", "bash"},
      {"terraform", "hcl"},     {"ts", "typescript"},  {"yml", "yaml"}};
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  for (const auto& [other, own] : kOthers) {
    if (lower == other) return std::string(own);
  }
  if (lower.starts_with('.')) lower.erase(0, 1);
  const std::string_view by_ending = language_of_file("a." + lower, "");
  return by_ending.empty() ? lower : std::string(by_ending);
}

std::optional<store::Filter> filter_of(const CodeScope& scope) {
  std::vector<store::Filter> all;
  const auto any_of = [&](const char* name, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    std::vector<store::Filter> any;
    for (const std::string& text : texts) any.push_back(text_filter(name, text));
    all.push_back(joined(store::FilterOp::kOr, std::move(any)));
  };
  std::vector<std::string> languages;
  for (const std::string& name : scope.languages) languages.push_back(language_from_name(name));
  any_of("language", languages);
  any_of("kind", scope.kinds);
  any_of("role", scope.roles);
  if (!scope.defines.empty()) all.push_back(text_filter("symbol", scope.defines));
  if (!scope.below.empty()) {
    std::vector<store::Filter> any;
    for (const char end : {'\0', '/'}) {
      store::Filter prefix;
      prefix.op = store::FilterOp::kKeyPrefix;
      prefix.text = scope.below + end;
      any.push_back(std::move(prefix));
    }
    all.push_back(joined(store::FilterOp::kOr, std::move(any)));
  }
  std::vector<store::Filter> prefixes;
  for (const std::string& path : scope.paths) {
    const std::string folders = literal_folders(path);
    if (folders.empty()) {
      prefixes.clear();
      break;
    }
    store::Filter prefix;
    prefix.op = store::FilterOp::kKeyPrefix;
    prefix.text = folders;
    prefixes.push_back(std::move(prefix));
  }
  if (!prefixes.empty()) all.push_back(joined(store::FilterOp::kOr, std::move(prefixes)));
  if (all.empty()) return {};
  return joined(store::FilterOp::kAnd, std::move(all));
}

PathScope::PathScope(const std::vector<std::string>& globs, std::vector<std::string> extensions)
    : is_all_(std::all_of(globs.begin(), globs.end(),
                          [](const std::string& glob) { return glob.starts_with('!'); })),
      rules_(IgnoreRules::from_globs(without_dots(globs))),
      extensions_(std::move(extensions)) {
  for (std::string& extension : extensions_) {
    if (!extension.starts_with('.')) extension.insert(0, 1, '.');
  }
}

bool PathScope::has(std::string_view path) const {
  if (!extensions_.empty() &&
      std::none_of(extensions_.begin(), extensions_.end(),
                   [&](const std::string& extension) { return path.ends_with(extension); })) {
    return false;
  }
  bool is_meant = is_all_;
  for (std::size_t end = path.find('/'); true; end = path.find('/', end + 1)) {
    const bool is_file = end == std::string_view::npos;
    const std::string_view part = path.substr(0, end);
    const std::size_t slash = part.rfind('/');
    const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
    const IgnoreRule* rule =
        rules_.find(part, name, is_file ? EntryKind::kOther : EntryKind::kFolder);
    if (rule != nullptr) is_meant = !rule->is_negated;
    if (is_file) return is_meant;
  }
}

}  // namespace quern::apps
