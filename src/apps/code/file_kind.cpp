#include "apps/code/file_kind.h"

#include "apps/code/file_language.h"

namespace quern::apps {
namespace {

FileRole role_of_file(std::string_view path, std::string_view language) {
  const auto has = [&](std::string_view part) { return path.find(part) != std::string_view::npos; };
  if (has("node_modules/") || has("vendor/") || has("third_party/")) return FileRole::kVendored;
  if (has("test")) return FileRole::kTest;
  if (has("example")) return FileRole::kExample;
  if (language == "markdown" || language == "rst") return FileRole::kDocs;
  if (language == "json" || language == "yaml" || language == "toml") return FileRole::kConfig;
  return FileRole::kCode;
}

}  // namespace

const char* role_name(FileRole role) {
  switch (role) {
    case FileRole::kCode:
      return "code";
    case FileRole::kTest:
      return "test";
    case FileRole::kExample:
      return "example";
    case FileRole::kDocs:
      return "docs";
    case FileRole::kConfig:
      return "config";
    case FileRole::kVendored:
      return "vendored";
    case FileRole::kGenerated:
      return "generated";
  }
  return "";
}

FileKind kind_of_file(std::string_view path, std::string_view content) {
  const std::string_view language = language_of_file(path, content);
  return {.language = std::string(language), .role = role_of_file(path, language)};
}

}  // namespace quern::apps
