#include "apps/code/code_outline.h"

#include <map>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "apps/code/code_documents.h"
#include "apps/code/file_kind.h"
#include "apps/code/read_source.h"
#include "base/sha256.h"

namespace quern::apps {

Result<CodeOutline> outline_of_file(const std::string& root, const std::string& path,
                                    std::uint64_t max_bytes, Chunker& chunker) {
  QUERN_ASSIGN(SourceBytes source, read_source(root, path, max_bytes));
  if (const auto why_not = why_no_text(path, source.bytes)) {
    return Status{Code::kBadInput, fmt::format("'{}' is no text: {}", path, *why_not)};
  }
  const std::string utf8 = utf8_from_source(std::move(source.bytes));
  CodeOutline out;
  out.language = kind_of_file(path, utf8).language;
  ChunkedCode chunked = chunker.chunk(out.language, utf8);
  out.symbols = std::move(chunked.symbols);
  if (out.symbols.empty()) {
    out.note = !chunked.note.empty() ? chunked.note : "the file defines nothing";
  }
  return out;
}

Result<CodeDigests> digests_of_code(const store::Generation& generation) {
  std::map<std::string, std::string> pieces;  // By key.
  for (const store::SegmentView& view : generation.segments()) {
    QUERN_ASSIGN(const store::KeyColumn* keys, view.segment->keys());
    store::StoredTextReader reader = view.segment->stored_text();
    for (std::uint32_t doc = 0; doc < view.segment->n_docs(); ++doc) {
      if (!view.live->has(doc)) continue;
      QUERN_ASSIGN(const store::Key key, keys->key(doc));
      QUERN_ASSIGN(const store::StoredDocument document, reader.read(doc));
      Sha256 sha;
      const auto add = [&](std::string_view bytes) {
        const std::uint64_t n = bytes.size();
        sha.add(std::as_bytes(std::span(&n, 1)));
        sha.add(std::as_bytes(std::span(bytes)));
      };
      for (const std::string& field : document.fields) add(field);
      add(document.stored);
      const Sha256Digest digest = sha.digest();
      pieces[key.bytes].assign(reinterpret_cast<const char*>(digest.data()), digest.size());
    }
  }
  CodeDigests out;
  std::string all;
  for (const auto& [key, digest] : pieces) {
    all += key + '\0' + digest;
    out.files[std::string(path_of_key(key))] += key + '\0' + digest;
  }
  const auto hex = [](const std::string& bytes) {
    return sha256_hex(std::as_bytes(std::span(bytes)));
  };
  out.all = hex(all);
  for (auto& [path, digest] : out.files) digest = hex(digest);
  return out;
}

Result<CodeTables> code_tables_of(store::Store& store) {
  CodeTables out;
  QUERN_TRY(store.read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(out, read_code_tables(sql));
    return {};
  }));
  return out;
}

}  // namespace quern::apps
