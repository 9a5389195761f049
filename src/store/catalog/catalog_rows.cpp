#include "store/catalog/catalog_rows.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "store/byte_cursor.h"
#include "store/filter/bitmap.h"

namespace quern::store {
namespace {

constexpr const char* kSegments =
    "SELECT s.id, s.nonce, s.n_docs, s.born, s.field_stats, p.file, p.n_bytes, p.footer_sum,"
    " t.version, t.n_dead, t.bitmap, t.field_stats FROM segment s"
    " LEFT JOIN part p ON p.segment = s.id AND p.kind = 'text'"
    " LEFT JOIN tombstone t ON t.segment = s.id ORDER BY s.id";

// Numbers that are counted up from leave room for it.
constexpr std::int64_t kLargestId = std::int64_t{1} << 62;

constexpr const char* kSpaces =
    "SELECT id, state, fingerprint, model, d, metric, text_prompt, query_prompt, {} FROM space"
    " ORDER BY id";

constexpr const char* kParts =
    "SELECT segment, kind, space, nonce, file, n_bytes, footer_sum, n_rows FROM part"
    " WHERE kind <> 'text' ORDER BY segment, space, kind DESC";

Result<std::vector<FieldStats>> stats_from_bytes(std::string_view bytes, std::size_t n_fields,
                                                 std::uint64_t n_docs) {
  if (bytes.size() != n_fields * 16) {
    return damaged_catalog(
        fmt::format("{} bytes of statistics, want {}", bytes.size(), n_fields * 16));
  }
  ByteCursor cursor(bytes_of(bytes));
  std::vector<FieldStats> out(n_fields);
  for (FieldStats& field : out) {
    field.n_docs = cursor.number<std::int64_t>();
    field.n_tokens = cursor.number<std::int64_t>();
    // A field has a token at least, and fewer than 2^32.
    if (field.n_docs < 0 || static_cast<std::uint64_t>(field.n_docs) > n_docs ||
        field.n_tokens < field.n_docs || field.n_tokens >> 32 > field.n_docs) {
      return damaged_catalog(fmt::format("{} tokens in {} fields of {} documents", field.n_tokens,
                                         field.n_docs, n_docs));
    }
  }
  return out;
}

Result<GenerationRow> read_generation(Sql& sql, std::size_t n_fields) {
  QUERN_ASSIGN(SqlStatement row, sql.prepare("SELECT id, at_ms, writer, n_live, field_stats FROM "
                                             "generation ORDER BY id DESC LIMIT 1"));
  QUERN_ASSIGN(const bool has_row, row.step());
  if (!has_row) return damaged_catalog("it has no generation");
  GenerationRow out{.id = row.number(0),
                    .at_ms = row.number(1),
                    .writer = row.bytes(2),
                    .n_live = static_cast<std::uint64_t>(row.number(3)),
                    .fields = {}};
  if (out.id < 0 || out.id > kLargestId) return damaged_catalog("its generation's number");
  QUERN_ASSIGN(out.fields, stats_from_bytes(row.bytes(4), n_fields, out.n_live));
  return out;
}

// A name and nothing that leads elsewhere.
bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name[0] != '.' &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

Result<TombstoneRow> read_tombstone(const SqlStatement& row, const SegmentRow& segment,
                                    std::size_t n_fields) {
  TombstoneRow out{.version = row.number(8), .n_dead = 0, .bitmap = row.bytes(10), .fields = {}};
  if (out.version == 0) {
    out.fields.resize(n_fields);
    return out;
  }
  QUERN_ASSIGN(const Bitmap dead, bitmap_from_bytes(bytes_of(out.bitmap), segment.identity.n_docs));
  out.n_dead = dead.count();
  if (out.version < 0 || out.version > kLargestId || row.number(9) != out.n_dead)
    return damaged_catalog("its count of the dead");
  QUERN_ASSIGN(out.fields, stats_from_bytes(row.bytes(11), n_fields, out.n_dead));
  for (std::size_t f = 0; f < n_fields; ++f) {
    if (out.fields[f].n_docs > segment.fields[f].n_docs ||
        out.fields[f].n_tokens > segment.fields[f].n_tokens) {
      return damaged_catalog("more are dead than there were");
    }
  }
  return out;
}

Result<SegmentRow> read_segment(const SqlStatement& row, std::size_t n_fields) {
  SegmentRow out;
  const std::int64_t n_docs = row.number(2);
  if (row.number(0) < 1 || n_docs < 1 || n_docs > kMaxPartDocs) {
    return damaged_catalog(fmt::format("segment {} has {} documents", row.number(0), n_docs));
  }
  out.identity = {.kind = FileKind::kText,
                  .segment = static_cast<std::uint64_t>(row.number(0)),
                  .nonce = static_cast<std::uint64_t>(row.number(1)),
                  .n_docs = static_cast<std::uint32_t>(n_docs)};
  out.born = row.number(3);
  out.file = row.bytes(5);
  if (!is_file_name(out.file)) {
    return damaged_catalog(fmt::format("segment {} has no file", out.identity.segment));
  }
  out.seal = {.n_bytes = static_cast<std::uint64_t>(row.number(6)),
              .footer_sum = static_cast<std::uint64_t>(row.number(7))};
  QUERN_ASSIGN(out.fields, stats_from_bytes(row.bytes(4), n_fields, out.identity.n_docs));
  QUERN_ASSIGN(out.tombstone, read_tombstone(row, out, n_fields));
  return out;
}

Result<std::vector<SpaceRow>> read_spaces(Sql& sql, std::int64_t version) {
  std::vector<SpaceRow> out;
  const char* const long_texts = version >= kVersionOfLongTexts ? "long_texts" : "'mean'";
  QUERN_ASSIGN(SqlStatement rows, sql.prepare(fmt::format(kSpaces, long_texts).c_str()));
  int n_active = 0;
  for (;;) {
    QUERN_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return out;
    SpaceRow& space = out.emplace_back();
    space.id = rows.number(0);
    space.space = {.fingerprint = rows.bytes(2),
                   .model = rows.bytes(3),
                   .d = static_cast<int>(std::clamp<std::int64_t>(rows.number(4), 0, 1 << 30)),
                   .text_prompt = rows.bytes(6),
                   .query_prompt = rows.bytes(7)};
    QUERN_ASSIGN(space.state, space_state_from_name(rows.bytes(1)));
    QUERN_ASSIGN(space.space.metric, metric_from_name(rows.bytes(5)));
    QUERN_ASSIGN(space.space.long_texts, long_texts_from_name(rows.bytes(8)));
    const Status is_space = check_space(space.space);
    if (!is_space.ok()) return damaged_catalog(is_space.message());
    n_active += space.state == SpaceState::kActive ? 1 : 0;
    if (space.id < 1 || space.id > kLargestId || n_active > 1 || out.size() > kMaxSpaces) {
      return damaged_catalog(
          fmt::format("its {} vector spaces, of which {} are active", out.size(), n_active));
    }
  }
}

Result<std::vector<FitRow>> read_fits(Sql& sql) {
  std::vector<FitRow> out;
  QUERN_ASSIGN(SqlStatement rows,
               sql.prepare("SELECT name, fingerprint, body FROM fit ORDER BY name"));
  for (;;) {
    QUERN_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return out;
    out.push_back({.name = rows.bytes(0), .fingerprint = rows.bytes(1), .body = rows.bytes(2)});
    if (out.size() > kMaxFits || out.back().body.size() > kMaxFitBytes) {
      return damaged_catalog(
          fmt::format("its {} fits, one of them of {} bytes", out.size(), out.back().body.size()));
    }
  }
}

Status read_parts(Sql& sql, CatalogState& state) {
  QUERN_ASSIGN(SqlStatement rows, sql.prepare(kParts));
  for (;;) {
    QUERN_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return {};
    const std::int64_t id = rows.number(0);
    const auto segment =
        std::lower_bound(state.segments.begin(), state.segments.end(), id,
                         [](const SegmentRow& row, std::int64_t n) {
                           return row.identity.segment < static_cast<std::uint64_t>(n);
                         });
    if (id < 1 || segment == state.segments.end() ||
        segment->identity.segment != static_cast<std::uint64_t>(id)) {
      return damaged_catalog(fmt::format("a part of segment {}, which there is not", id));
    }
    const bool is_graph = rows.bytes(1) == part_kind_name(FileKind::kGraph);
    if (!is_graph && rows.bytes(1) != part_kind_name(FileKind::kVectors)) {
      return {Code::kUnsupported,
              fmt::format("segment {} has a part '{}', which this version does not know", id,
                          rows.bytes(1))};
    }
    const std::int64_t n_rows = rows.number(7);
    PartRow part{.kind = is_graph ? FileKind::kGraph : FileKind::kVectors,
                 .space = rows.number(2),
                 .nonce = static_cast<std::uint64_t>(rows.number(3)),
                 .file = rows.bytes(4),
                 .seal = {.n_bytes = static_cast<std::uint64_t>(rows.number(5)),
                          .footer_sum = static_cast<std::uint64_t>(rows.number(6))},
                 .n_rows = static_cast<std::uint32_t>(n_rows)};
    const bool is_of_space =
        std::any_of(state.spaces.begin(), state.spaces.end(),
                    [&](const SpaceRow& space) { return space.id == part.space; });
    if (!is_of_space || n_rows < 1 || n_rows > segment->identity.n_docs ||
        !is_file_name(part.file)) {
      return damaged_catalog(
          fmt::format("{} vectors of segment {} in space {}", n_rows, id, part.space));
    }
    // Behind the vectors that it was built of.
    const bool has_vectors =
        !segment->parts.empty() && segment->parts.back().kind == FileKind::kVectors &&
        segment->parts.back().space == part.space && segment->parts.back().n_rows == part.n_rows;
    if (is_graph && !has_vectors) {
      return damaged_catalog(fmt::format("segment {} has a graph of other vectors", id));
    }
    segment->parts.push_back(std::move(part));
  }
}

// What the generation says is what its segments say.
Status check_sums(const CatalogState& state) {
  std::uint64_t n_live = 0;
  std::vector<FieldStats> fields(state.generation.fields.size());
  for (const SegmentRow& segment : state.segments) {
    n_live += segment.identity.n_docs - segment.tombstone.n_dead;
    for (std::size_t f = 0; f < fields.size(); ++f) {
      fields[f].n_docs += segment.fields[f].n_docs - segment.tombstone.fields[f].n_docs;
      fields[f].n_tokens += segment.fields[f].n_tokens - segment.tombstone.fields[f].n_tokens;
    }
    if (segment.identity.segment >= state.next_segment)
      return damaged_catalog("the next segment's number");
  }
  if (n_live == state.generation.n_live && fields == state.generation.fields) return {};
  return damaged_catalog(fmt::format("{} documents live in its segments, {} in its generation",
                                     n_live, state.generation.n_live));
}

}  // namespace

Status damaged_catalog(std::string what) {
  return {Code::kBadInput, "the catalog is damaged: " + std::move(what)};
}

const char* part_kind_name(FileKind kind) {
  switch (kind) {
    case FileKind::kText:
      return "text";
    case FileKind::kVectors:
      return "vectors";
    case FileKind::kGraph:
      return "graph";
  }
  return "";
}

std::vector<std::string> files_of(const SegmentRow& row) {
  std::vector<std::string> out = {row.file};
  for (const PartRow& part : row.parts) out.push_back(part.file);
  return out;
}

std::uint64_t bytes_of_files(const SegmentRow& row) {
  std::uint64_t n = row.seal.n_bytes;
  for (const PartRow& part : row.parts) n += part.seal.n_bytes;
  return n;
}

std::string bytes_from_stats(std::span<const FieldStats> fields) {
  std::string out;
  for (const FieldStats& field : fields) {
    append_number(out, field.n_docs);
    append_number(out, field.n_tokens);
  }
  return out;
}

Result<CatalogState> read_catalog_state(Sql& sql, std::size_t n_fields) {
  CatalogState out;
  QUERN_ASSIGN(out.generation, read_generation(sql, n_fields));
  QUERN_ASSIGN(const std::int64_t next,
               sql.number("SELECT value FROM meta WHERE name = 'next segment'"));
  if (next < 1 || next > kLargestId) return damaged_catalog("the next segment's number");
  out.next_segment = static_cast<SegmentId>(next);
  QUERN_ASSIGN(const std::int64_t version, sql.number("PRAGMA user_version"));
  QUERN_ASSIGN(SqlStatement rows, sql.prepare(kSegments));
  for (;;) {
    QUERN_ASSIGN(const bool has_row, rows.step());
    if (!has_row) break;
    QUERN_ASSIGN(SegmentRow segment, read_segment(rows, n_fields));
    out.segments.push_back(std::move(segment));
  }
  if (version >= kVersionOfSpaces) {
    QUERN_ASSIGN(out.spaces, read_spaces(sql, version));
    QUERN_TRY(read_parts(sql, out));
    QUERN_ASSIGN(out.fits, read_fits(sql));
  }
  QUERN_TRY(check_sums(out));
  return out;
}

}  // namespace quern::store
