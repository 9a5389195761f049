#include "apps/code/skipped_folders.h"

#include <algorithm>
#include <iterator>

namespace quern::apps {
namespace {

constexpr std::string_view kVersionControl[] = {".bzr",   ".git", ".hg",  ".jj", ".pijul",
                                                ".quern", ".sl",  ".svn", "CVS", "_darcs"};

// Sorted. Not here: build, dist, out, target, vendor, which are names of sources, too.
constexpr std::string_view kToolFolders[] = {
    ".angular",
    ".aws-sam",
    ".ccls-cache",
    ".dart_tool",
    ".direnv",
    ".eggs",
    ".gradle",
    ".hypothesis",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".next",
    ".nox",
    ".nuxt",
    ".nyc_output",
    ".parcel-cache",
    ".pnpm-store",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".sass-cache",
    ".scannerwork",
    ".serverless",
    ".stack-work",
    ".svelte-kit",
    ".terraform",
    ".tox",
    ".turbo",
    ".venv",
    ".vs",
    ".zig-cache",
    "__pycache__",
    "__pypackages__",
    "bower_components",
    "dist-newstyle",
    "elm-stuff",
    "jspm_packages",
    "node_modules",
    "site-packages",
    "zig-cache",
};
static_assert(std::is_sorted(std::begin(kToolFolders), std::end(kToolFolders)));

}  // namespace

bool is_version_control_folder(std::string_view name) {
  return std::find(std::begin(kVersionControl), std::end(kVersionControl), name) !=
         std::end(kVersionControl);
}

bool is_tool_folder(std::string_view name) {
  constexpr std::string_view kEggInfo = ".egg-info";
  return std::binary_search(std::begin(kToolFolders), std::end(kToolFolders), name) ||
         (name.size() > kEggInfo.size() && name.substr(name.size() - kEggInfo.size()) == kEggInfo);
}

}  // namespace quern::apps
