#include "cli/cache_flags.h"

#include <algorithm>
#include <charconv>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "hub/hub.h"

namespace quern::cli {
namespace {

// Below these nothing useful fits.
constexpr std::size_t kLeastBytes = 256 << 10;
constexpr std::size_t kLeastDiskBytes = 1 << 20;

Result<CacheSize> parse_size(const std::string& text) {
  if (!text.empty() &&
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= '0' && c <= '9'; })) {
    std::size_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error == std::errc()) return CacheSize{.n_items = n};
  }
  const Result<std::size_t> bytes = parse_bytes(text);
  if (!bytes.ok()) {
    return Status(Code::kBadInput,
                  fmt::format("'{}' is no size of a cache, want a number of results (5000), or of "
                              "bytes with their unit (64MB), or 0 for none",
                              text));
  }
  if (*bytes > 0 && *bytes < kLeastBytes) {
    return Status(Code::kBadInput, fmt::format("{} is too little for a cache, want {} at least, or "
                                               "0 for none",
                                               text, human_bytes(kLeastBytes)));
  }
  return CacheSize{.n_bytes = *bytes};
}

Result<std::size_t> parse_disk(const std::string& text) {
  QUERN_ASSIGN(const std::size_t bytes, parse_bytes(text));
  if (bytes > 0 && bytes < kLeastDiskBytes) {
    return Status(Code::kBadInput, fmt::format("{} is too little for results on disk, want {} at "
                                               "least, or 0 for none",
                                               text, human_bytes(kLeastDiskBytes)));
  }
  return bytes;
}

// For CLI11: "" if the text can be read, else what is wrong.
std::string size_problem(const std::string& text) { return parse_size(text).status().message(); }
std::string disk_problem(const std::string& text) { return parse_disk(text).status().message(); }

}  // namespace

void add_cache_flags(CLI::App& command, CacheFlags& flags) {
  command
      .add_option("--cache-size", flags.size,
                  "Results kept in memory, so that equal inputs are computed once:\n"
                  "a number of them, or of bytes, e.g. 64MB; 0: none\n"
                  "(default: 64MB, or a sixteenth of --memory where that is less)")
      ->type_name("N|BYTES")
      ->check(size_problem)
      ->group("Cache");
  command
      .add_option("--cache-disk", flags.disk,
                  "Results kept on disk too, for later runs: most bytes they may\n"
                  "take, e.g. 2GB (default: 0, none)")
      ->type_name("BYTES")
      ->check(disk_problem)
      ->group("Cache");
  command.add_option("--cache-dir", flags.folder, "Where those lie (default: cache/ in the home)")
      ->type_name("FOLDER")
      ->group("Cache");
}

Result<std::optional<CacheSize>> cache_size_from(const std::string& text) {
  if (text.empty()) return std::optional(CacheSize());
  QUERN_ASSIGN(const CacheSize size, parse_size(text));
  if (size.n_items == 0 && size.n_bytes == 0) return std::optional<CacheSize>();
  return std::optional(size);
}

std::string cache_folder(const CacheFlags& flags) {
  return flags.folder.empty() ? hub::home_folder() + "/cache" : flags.folder;
}

Result<std::optional<engine::ResultCacheOptions>> result_options(const CacheFlags& flags) {
  engine::ResultCacheOptions options;
  if (!flags.size.empty()) {
    QUERN_ASSIGN(const std::optional<CacheSize> size,
                 cache_size_from(flags.size).in("--cache-size"));
    if (!size) return std::optional<engine::ResultCacheOptions>();
    options.n_items = size->n_items;
    options.n_bytes = size->n_bytes;
  }
  if (!flags.disk.empty()) {
    QUERN_ASSIGN(options.disk_bytes, parse_disk(flags.disk).in("--cache-disk"));
    options.disk_folder = cache_folder(flags);
  }
  return std::optional(options);
}

}  // namespace quern::cli
