// What a code index holds: a document for each piece of a source file, and how it is scored.
//
//   key     the file's path, a NUL, the piece's number: pieces of a file lie in its order
//   parent  the path
//   fields  path; names: of the definitions in the piece and of what it lies in; text
//   stored  where it is and what it is: StoredChunk

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/code/code_chunk.h"
#include "apps/code/file_kind.h"
#include "base/status.h"
#include "store/schema.h"

namespace quern::apps {

/// Changes where the same chunks become other documents: then all files are read again.
inline constexpr int kCodeDocumentsVersion = 1;

/// Longer paths have no room in a key.
inline constexpr std::size_t kMaxCodePathBytes = 1000;

// The schema's attributes, by their places.
inline constexpr int kLanguageAttribute = 0;  // Keyword: the grammar's name; none where unknown.
inline constexpr int kKindAttribute = 1;      // Keyword: symbol_kind_name; none of kNone.
inline constexpr int kRoleAttribute = 2;      // Keyword: role_name.
inline constexpr int kSymbolAttribute = 3;    // Keywords: the names that are defined in the piece.

store::Schema code_schema();

/// What of a piece is not searched but shown.
struct StoredChunk {
  CodeSpan span;  // Of the file's text as UTF-8.
  std::string symbol = {};
  SymbolKind kind = SymbolKind::kNone;
  FileRole role = FileRole::kCode;
  std::string language = {};

  bool operator==(const StoredChunk&) const = default;
};

std::string bytes_from_chunk(const StoredChunk& chunk);
/// Errors: kBadInput for bytes that are none.
Result<StoredChunk> chunk_from_bytes(std::string_view bytes);

/// Documents of a file's pieces, in order. `path` has at most kMaxCodePathBytes.
std::vector<store::Document> documents_of_file(std::string_view path, const FileKind& kind,
                                               std::string_view utf8, const ChunkedCode& chunked);

/// The path in a document's key.
std::string_view path_of_key(std::string_view key);

/// What a model sees of a piece, from a document's fields: where it is, the first names, the text.
std::string code_text_to_embed(const std::vector<std::string>& fields);

}  // namespace quern::apps
