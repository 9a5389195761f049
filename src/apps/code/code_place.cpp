#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "apps/code/code_index.h"
#include "base/sha256.h"

namespace quern::apps {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHereFolder = ".quern/code";

Result<std::string> real_path(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error) {
    return {error == std::errc::no_such_file_or_directory ? Code::kNotFound : Code::kIo,
            fmt::format("'{}': {}", path, error.message())};
  }
  return real.string();
}

// Letters that every file system takes.
std::string plain_name(const std::string& name) {
  std::string out;
  for (const char c : name.substr(0, 40)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    out.push_back(is_plain ? c : '_');
  }
  return out.empty() || out[0] == '.' ? "_" + out : out;
}

std::string folder_in_home(const std::string& real_root, const std::string& home) {
  const std::string hash = sha256_hex(std::as_bytes(std::span(real_root))).substr(0, 16);
  return fmt::format("{}/code/{}-{}", home, plain_name(fs::path(real_root).filename().string()),
                     hash);
}

bool is_store(const std::string& folder) {
  std::error_code error;
  return fs::exists(store::catalog_path(folder), error);
}

}  // namespace

CodePlace code_place_here(const std::string& real_root) {
  return {.root = real_root, .folder = real_root + "/" + kHereFolder};
}

Result<CodePlace> default_code_place(const std::string& root, const std::string& home) {
  QUERN_ASSIGN(const std::string real, real_path(root));
  const CodePlace here = code_place_here(real);
  if (is_store(here.folder)) return here;
  return CodePlace{.root = real, .folder = folder_in_home(real, home)};
}

Result<std::optional<CodePlace>> find_code_place(const std::string& from, const std::string& home) {
  QUERN_ASSIGN(const std::string real, real_path(from));
  for (fs::path at = real;; at = at.parent_path()) {
    QUERN_ASSIGN(CodePlace place, default_code_place(at.string(), home));
    if (is_store(place.folder)) return std::optional(std::move(place));
    if (at == at.parent_path()) return std::optional<CodePlace>();
  }
}

}  // namespace quern::apps
