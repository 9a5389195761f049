// Folders that tools fill, by their names.

#pragma once

#include <string_view>

namespace quern::apps {

/// A version control system's own, or an index of ours: never looked into.
bool is_version_control_folder(std::string_view name);

/// What a package manager, a test runner or a build puts there: node_modules, __pycache__, ...
/// Only names that nobody gives to folders of their own sources.
bool is_tool_folder(std::string_view name);

}  // namespace quern::apps
