// The flags of the result cache (docs/cache.md), for commands whose inputs may come again.

#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/status.h"
#include "engine/engine.h"

namespace CLI {
class App;
}

namespace quern::cli {

/// Empty where not given.
struct CacheFlags {
  std::string size;    // --cache-size: a bare number is results, one with a unit bytes, 0 none.
  std::string disk;    // --cache-disk: bytes.
  std::string folder;  // --cache-dir
};

/// What --cache-size says; 0: not said.
struct CacheSize {
  std::size_t n_items = 0;
  std::size_t n_bytes = 0;
};

/// As --cache-size is read: "5000", "64MB"; nothing for "0", none. Errors: kBadInput.
Result<std::optional<CacheSize>> cache_size_from(const std::string& text);

/// Adds --cache-size, --cache-disk and --cache-dir.
void add_cache_flags(CLI::App& command, CacheFlags& flags);

/// Where results lie on disk: --cache-dir, or cache/ in the home.
std::string cache_folder(const CacheFlags& flags);

/// Nothing where none are kept. Errors: kBadInput naming the flag, what it holds and what is
/// wanted.
Result<std::optional<engine::ResultCacheOptions>> result_options(const CacheFlags& flags);

}  // namespace quern::cli
