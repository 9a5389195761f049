// What a file of a source tree is: its language, and what that means for whoever searches.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace quern::apps {

/// Of a file that is indexed. The later ones come after the earlier ones among hits alike.
enum class FileRole { kCode, kTest, kExample, kDocs, kConfig, kVendored, kGenerated };

/// "code", "test", "example", "docs", "config", "vendored", "generated".
const char* role_name(FileRole role);

struct FileKind {
  std::string language = {};  // A grammar's name, else what people call it; "" for none.
  FileRole role = FileRole::kCode;
};

/// By path, shebang and how the content begins: pass what there is, the first kilobytes are enough.
/// `path` is relative to the tree's root, so that folders above it mean nothing.
FileKind kind_of_file(std::string_view path, std::string_view content);

/// Why a file is no text worth indexing, in words: "binary: a picture", "minified: ..."; nothing if
/// it is. Pass all of it; with no content the name alone decides.
std::optional<std::string> why_no_text(std::string_view path, std::string_view content);

/// UTF-8 from any encoding that sources are in: UTF-8 with or without a byte order mark, UTF-16 and
/// UTF-32 with one, and what is none of these as windows-1252. Line ends stay as they are.
std::string utf8_from_source(std::string bytes);

}  // namespace quern::apps
