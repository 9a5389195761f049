#include "apps/code/file_kind.h"

#include "apps/code/file_language.h"
#include "apps/code/file_role.h"

namespace quern::apps {
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
  return {.language = std::string(language), .role = role_of_file(path, language, content)};
}

}  // namespace quern::apps
