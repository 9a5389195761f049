// Which pieces of an index a question is about: languages, kinds, roles, paths.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/code/ignore_rules.h"
#include "base/status.h"
#include "store/filter/filter.h"

namespace quern::apps {

/// Any of each list; an empty one allows all.
struct CodeScope {
  std::vector<std::string> languages = {};
  std::vector<std::string> kinds = {};  // symbol_kind_name
  std::vector<std::string> roles = {};  // role_name
  std::vector<std::string> paths = {};  // Globs as in ignore files, from the root.
  std::string below = {};               // A folder or file, from the root; "": all.
  std::string defines = {};             // A name that the piece defines; "": any or none.
};

/// Errors: kBadInput for a kind or role that there is not, naming those that there are.
Status check_scope(const CodeScope& scope);

/// A language as it is asked for, by the grammar's name: "c++" is "cpp", "py" "python".
std::string language_from_name(std::string_view name);

/// What of a scope the store can decide: all but the globs' wildcards.
std::optional<store::Filter> filter_of(const CodeScope& scope);

/// The rest: whether the last of the globs that is about a file, or a folder above it, means it.
/// "!glob" leaves out; where all do, the others are meant.
class PathScope {
 public:
  /// `extensions` as ".py" or "py": any of them, where there are some.
  PathScope(const std::vector<std::string>& globs, std::vector<std::string> extensions);

  bool has(std::string_view path) const;

 private:
  bool is_all_;  // Where no glob says something.
  IgnoreRules rules_;
  std::vector<std::string> extensions_;  // With the dot.
};

}  // namespace quern::apps
