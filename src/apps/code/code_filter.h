// Which pieces of an index a question is about: languages, kinds, roles, paths.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/code/ignore_rules.h"
#include "store/filter/filter.h"

namespace quern::apps {

/// Any of each list; an empty one allows all.
struct CodeScope {
  std::vector<std::string> languages = {};
  std::vector<std::string> kinds = {};  // symbol_kind_name
  std::vector<std::string> roles = {};  // role_name
  std::vector<std::string> paths = {};  // Globs as in ignore files, from the root.
  std::string defines = {};             // A name that the piece defines; "": any or none.
};

/// What of a scope the store can decide: all but the globs' wildcards.
std::optional<store::Filter> filter_of(const CodeScope& scope);

/// The rest: whether a file, or a folder above it, is meant by one of the globs.
class PathScope {
 public:
  explicit PathScope(const std::vector<std::string>& globs)
      : is_all_(globs.empty()), rules_(IgnoreRules::from_globs(globs)) {}

  bool has(std::string_view path) const;

 private:
  bool is_all_;
  IgnoreRules rules_;
};

}  // namespace quern::apps
