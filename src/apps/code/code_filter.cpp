#include "apps/code/code_filter.h"

#include <utility>

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
  if (glob.starts_with('/')) glob.remove_prefix(1);
  const std::string_view literal = glob.substr(0, glob.find_first_of("*?[\\"));
  const std::size_t slash = literal.rfind('/');
  // "src/" and "src" are found in any folder, "src/x" only at the root: as in ignore files.
  if (slash == std::string_view::npos || slash + 1 == glob.size()) return {};
  return std::string(literal.substr(0, slash + 1));
}

}  // namespace

std::optional<store::Filter> filter_of(const CodeScope& scope) {
  std::vector<store::Filter> all;
  const auto any_of = [&](const char* name, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    std::vector<store::Filter> any;
    for (const std::string& text : texts) any.push_back(text_filter(name, text));
    all.push_back(joined(store::FilterOp::kOr, std::move(any)));
  };
  any_of("language", scope.languages);
  any_of("kind", scope.kinds);
  any_of("role", scope.roles);
  if (!scope.defines.empty()) all.push_back(text_filter("symbol", scope.defines));
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

bool PathScope::has(std::string_view path) const {
  if (is_all_) return true;
  for (std::size_t end = path.find('/'); true; end = path.find('/', end + 1)) {
    const bool is_file = end == std::string_view::npos;
    const std::string_view part = path.substr(0, end);
    const std::size_t slash = part.rfind('/');
    const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
    if (rules_.find(part, name, is_file ? EntryKind::kOther : EntryKind::kFolder) != nullptr) {
      return true;
    }
    if (is_file) return false;
  }
}

}  // namespace quern::apps
