#include "apps/code/code_outline.h"

#include <utility>

#include <fmt/format.h>

#include "apps/code/file_kind.h"
#include "apps/code/read_source.h"

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

Result<CodeTables> code_tables_of(store::Store& store) {
  CodeTables out;
  QUERN_TRY(store.read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(out, read_code_tables(sql));
    return {};
  }));
  return out;
}

}  // namespace quern::apps
