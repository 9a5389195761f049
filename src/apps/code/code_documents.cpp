#include "apps/code/code_documents.h"

#include <algorithm>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "base/check.h"
#include "store/byte_cursor.h"

namespace quern::apps {
namespace {

// A store takes 4,095 bytes of keywords of a document; names beyond these are found by their words.
constexpr std::size_t kMaxSymbolBytes = 3500;
constexpr std::size_t kMaxSymbols = 200;

// So many names go before a text that is embedded: of what it lies in, and of the first in it.
constexpr int kEmbeddedNames = 5;

bool is_in(const CodeSpan& inner, const CodeSpan& outer) {
  return inner.begin >= outer.begin && inner.begin < outer.end;
}

/// Definitions that a piece lies in, the outermost first, and those that begin in it.
struct Names {
  std::vector<const Symbol*> around;
  std::vector<const Symbol*> inside;
};

Names names_of(const CodeChunk& chunk, const std::vector<Symbol>& symbols) {
  Names out;
  for (const Symbol& symbol : symbols) {
    if (symbol.span.begin >= chunk.span.end) break;  // They are in order.
    if (is_in(symbol.span, chunk.span)) {
      out.inside.push_back(&symbol);
    } else if (symbol.span.end >= chunk.span.end) {
      out.around.push_back(&symbol);
    }
  }
  return out;
}

// Lines: a path of what it lies in, then one line for each definition.
std::string names_field(const Names& names) {
  std::string out;
  if (!names.around.empty()) out = names.around.back()->path;
  for (const Symbol* symbol : names.inside) {
    if (!out.empty()) out += '\n';
    out += names.around.empty() ? symbol->path : symbol->name;
  }
  return out;
}

void add_symbols(const Names& names, std::vector<store::AttributeValue>& attributes) {
  std::set<std::string_view> seen;
  std::size_t n_bytes = 0;
  for (const Symbol* symbol : names.inside) {
    n_bytes += symbol->name.size();
    if (seen.size() == kMaxSymbols || n_bytes > kMaxSymbolBytes) return;
    if (symbol->name.empty() || !seen.insert(symbol->name).second) continue;
    attributes.push_back({.i_attribute = kSymbolAttribute, .text = symbol->name});
  }
}

constexpr std::uint64_t kMaxLine = 1u << 30;

}  // namespace

store::Schema code_schema() {
  using store::AttributeType;
  // Boosts: docs/code_search.md says on what they were chosen.
  return {.fields = {{.name = "path",
                      .analyzer = "code_english",
                      .boost = 0.5f,
                      .positions = store::Positions::kNo},
                     {.name = "names",
                      .analyzer = "code_english",
                      .boost = 0.25f,
                      .positions = store::Positions::kNo},
                     {.name = "text", .analyzer = "code_english"}},
          .attributes = {{.name = "language", .type = AttributeType::kKeyword},
                         {.name = "kind", .type = AttributeType::kKeyword},
                         {.name = "role", .type = AttributeType::kKeyword},
                         {.name = "symbol", .type = AttributeType::kKeyword}},
          .patterns = true};
}

std::string bytes_from_chunk(const StoredChunk& chunk) {
  std::string out;
  store::append_varint(out, chunk.span.begin);
  store::append_varint(out, chunk.span.end - chunk.span.begin);
  store::append_varint(out, static_cast<std::uint64_t>(chunk.span.first_line));
  store::append_varint(out,
                       static_cast<std::uint64_t>(chunk.span.last_line - chunk.span.first_line));
  store::append_varint(out, static_cast<std::uint64_t>(chunk.kind));
  store::append_varint(out, static_cast<std::uint64_t>(chunk.role));
  for (const std::string& text : {chunk.language, chunk.symbol}) {
    store::append_varint(out, text.size());
    out += text;
  }
  return out;
}

Result<StoredChunk> chunk_from_bytes(std::string_view bytes) {
  store::ByteCursor cursor(store::bytes_of(bytes));
  StoredChunk out;
  const std::uint64_t begin = cursor.varint();
  const std::uint64_t n_bytes = cursor.varint();
  const std::uint64_t first_line = cursor.varint();
  const std::uint64_t n_more = cursor.varint();
  const std::uint64_t kind = cursor.varint();
  const std::uint64_t role = cursor.varint();
  out.language = cursor.text(cursor.varint());
  out.symbol = cursor.text(cursor.varint());
  if (!cursor.is_ok() || cursor.n_left() > 0 || kind >= kNSymbolKinds ||
      role > static_cast<std::uint64_t>(FileRole::kGenerated) || first_line > kMaxLine ||
      n_more > kMaxLine) {
    return {Code::kBadInput, fmt::format("{} bytes that are no piece of code", bytes.size())};
  }
  out.span = {.begin = begin,
              .end = begin + n_bytes,
              .first_line = static_cast<int>(first_line),
              .last_line = static_cast<int>(first_line + n_more)};
  out.kind = static_cast<SymbolKind>(kind);
  out.role = static_cast<FileRole>(role);
  return out;
}

std::vector<store::Document> documents_of_file(std::string_view path, const FileKind& kind,
                                               std::string_view utf8, const ChunkedCode& chunked) {
  QUERN_CHECK(path.size() <= kMaxCodePathBytes);
  std::vector<store::Document> out;
  out.reserve(chunked.chunks.size());
  for (std::size_t i = 0; i < chunked.chunks.size(); ++i) {
    const CodeChunk& chunk = chunked.chunks[i];
    const Names names = names_of(chunk, chunked.symbols);
    store::Document& document = out.emplace_back();
    document.key = fmt::format("{}{}{:07}", path, '\0', i);
    document.n_parent = static_cast<std::uint32_t>(path.size());
    document.fields = {
        std::string(path), names_field(names),
        std::string(utf8.substr(chunk.span.begin, chunk.span.end - chunk.span.begin))};
    document.stored = bytes_from_chunk({.span = chunk.span,
                                        .symbol = chunk.symbol,
                                        .kind = chunk.kind,
                                        .role = kind.role,
                                        .language = kind.language});
    if (!kind.language.empty()) {
      document.attributes.push_back({.i_attribute = kLanguageAttribute, .text = kind.language});
    }
    if (chunk.kind != SymbolKind::kNone) {
      document.attributes.push_back(
          {.i_attribute = kKindAttribute, .text = symbol_kind_name(chunk.kind)});
    }
    document.attributes.push_back({.i_attribute = kRoleAttribute, .text = role_name(kind.role)});
    add_symbols(names, document.attributes);
  }
  return out;
}

std::string_view path_of_key(std::string_view key) { return key.substr(0, key.find('\0')); }

std::string code_text_to_embed(const std::vector<std::string>& fields) {
  QUERN_CHECK(fields.size() == 3);
  std::string out = fields[0];
  std::string_view names = fields[1];
  for (int n = 0; n < kEmbeddedNames && !names.empty(); ++n) {
    const std::size_t end = names.find('\n');
    out += n == 0 ? '\n' : ' ';
    out += names.substr(0, end);
    names = end == std::string_view::npos ? std::string_view() : names.substr(end + 1);
  }
  out += '\n';
  out += fields[2];
  return out;
}

}  // namespace quern::apps
