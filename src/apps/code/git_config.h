// git's configuration files, for the few settings that decide what a work tree holds.
//
// Source: git-config(1), "CONFIGURATION FILE" and "Includes". Of conditional includes gitdir and
// gitdir/i are known; the others do not apply.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace quern::apps {

/// "section.key" or "section.subsection.key", section and key in lower case; nothing for a key
/// without a value, which means yes.
using ConfigLine =
    std::function<void(const std::string& name, const std::optional<std::string>& value)>;

/// Calls `line` for each in order. Errors: kBadInput with the line's number; those before it have
/// been told.
Status parse_git_config(std::string_view bytes, const ConfigLine& line);

class GitConfig {
 public:
  /// Reads `file` and what it includes over what is there. One that is not there is none.
  /// `git_folder` is what conditions are about. Errors: kBadInput, kIo.
  Status read(const std::string& file, const std::string& git_folder);

  const std::optional<std::string>* find(const std::string& name) const;
  std::optional<std::string> text(const std::string& name) const;
  bool is_yes(const std::string& name) const;

  /// Names that begin so.
  std::vector<std::string> names_with(std::string_view prefix) const;

 private:
  Status read_within(const std::string& file, const std::string& git_folder, int depth);

  std::map<std::string, std::optional<std::string>> values_;
};

/// `~/` for the user's home; another path as it is, from `folder` where it is relative.
std::string expanded_path(const std::string& path, const std::string& folder);

}  // namespace quern::apps
