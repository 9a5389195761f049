#include "store/catalog/catalog.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "store/byte_cursor.h"
#include "store/filter/bitmap.h"

namespace quern::store {
namespace {

constexpr std::int64_t kApplicationId = 0x51726E53;  // "QrnS"
constexpr int kPatienceMs = 10'000;
constexpr std::int64_t kKeptGenerations = 16;

constexpr const char* kTables =
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE generation (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL,"
    " writer TEXT NOT NULL, n_live INTEGER NOT NULL, field_stats BLOB NOT NULL);"
    "CREATE TABLE segment (id INTEGER PRIMARY KEY, nonce INTEGER NOT NULL,"
    " n_docs INTEGER NOT NULL, born INTEGER NOT NULL, field_stats BLOB NOT NULL);"
    "CREATE TABLE part (segment INTEGER NOT NULL REFERENCES segment ON DELETE CASCADE,"
    " kind TEXT NOT NULL, file TEXT NOT NULL UNIQUE, n_bytes INTEGER NOT NULL,"
    " footer_sum INTEGER NOT NULL, PRIMARY KEY (segment, kind)) WITHOUT ROWID;"
    "CREATE TABLE tombstone (segment INTEGER PRIMARY KEY REFERENCES segment ON DELETE CASCADE,"
    " version INTEGER NOT NULL, n_dead INTEGER NOT NULL, bitmap BLOB NOT NULL,"
    " field_stats BLOB NOT NULL);";

constexpr const char* kSettings =
    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -2048;"
    "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;";

constexpr const char* kSegments =
    "SELECT s.id, s.nonce, s.n_docs, s.born, s.field_stats, p.file, p.n_bytes, p.footer_sum,"
    " t.version, t.n_dead, t.bitmap, t.field_stats FROM segment s"
    " LEFT JOIN part p ON p.segment = s.id AND p.kind = 'text'"
    " LEFT JOIN tombstone t ON t.segment = s.id ORDER BY s.id";

Status damaged(std::string what) {
  return {Code::kBadInput, "the catalog is damaged: " + std::move(what)};
}

std::string bytes_from_stats(std::span<const FieldStats> fields) {
  std::string out;
  for (const FieldStats& field : fields) {
    append_number(out, field.n_docs);
    append_number(out, field.n_tokens);
  }
  return out;
}

Result<std::vector<FieldStats>> stats_from_bytes(std::string_view bytes, std::size_t n_fields,
                                                 std::uint64_t n_docs) {
  if (bytes.size() != n_fields * 16) {
    return damaged(fmt::format("{} bytes of statistics, want {}", bytes.size(), n_fields * 16));
  }
  ByteCursor cursor(bytes_of(bytes));
  std::vector<FieldStats> out(n_fields);
  for (FieldStats& field : out) {
    field.n_docs = cursor.number<std::int64_t>();
    field.n_tokens = cursor.number<std::int64_t>();
    // A field has a token at least, and fewer than 2^32.
    if (field.n_docs < 0 || static_cast<std::uint64_t>(field.n_docs) > n_docs ||
        field.n_tokens < field.n_docs || field.n_tokens >> 32 > field.n_docs) {
      return damaged(fmt::format("{} tokens in {} fields of {} documents", field.n_tokens,
                                 field.n_docs, n_docs));
    }
  }
  return out;
}

Status check_version(Sql& sql) {
  QUERN_ASSIGN(const std::int64_t application, sql.number("PRAGMA application_id"));
  if (application != kApplicationId) return {Code::kBadInput, "it is no catalog of a store"};
  QUERN_ASSIGN(const std::int64_t version, sql.number("PRAGMA user_version"));
  if (version != kCatalogVersion) {
    return {Code::kUnsupported,
            fmt::format("it has format {}, this version reads {}", version, kCatalogVersion)};
  }
  return {};
}

Result<std::string> meta(Sql& sql, std::string_view name) {
  QUERN_ASSIGN(SqlStatement statement, sql.prepare("SELECT value FROM meta WHERE name = ?"));
  statement.bind(1, name);
  QUERN_ASSIGN(const bool has_row, statement.step());
  if (!has_row) return damaged(fmt::format("it has no '{}'", name));
  return statement.bytes(0);
}

template <typename Value>
Status set_meta(Sql& sql, std::string_view name, const Value& value) {
  QUERN_ASSIGN(SqlStatement statement, sql.prepare("REPLACE INTO meta VALUES (?, ?)"));
  return statement.bind(1, name).bind(2, value).run();
}

Status insert_generation(Sql& sql, const GenerationRow& row) {
  QUERN_ASSIGN(SqlStatement insert, sql.prepare("INSERT INTO generation VALUES (?, ?, ?, ?, ?)"));
  insert.bind(1, row.id).bind(2, row.at_ms).bind(3, row.writer);
  insert.bind(4, static_cast<std::int64_t>(row.n_live));
  return insert.bind_blob(5, bytes_from_stats(row.fields)).run();
}

Result<GenerationRow> read_generation(Sql& sql, std::size_t n_fields) {
  QUERN_ASSIGN(SqlStatement row, sql.prepare("SELECT id, at_ms, writer, n_live, field_stats FROM "
                                             "generation ORDER BY id DESC LIMIT 1"));
  QUERN_ASSIGN(const bool has_row, row.step());
  if (!has_row) return damaged("it has no generation");
  GenerationRow out{.id = row.number(0),
                    .at_ms = row.number(1),
                    .writer = row.bytes(2),
                    .n_live = static_cast<std::uint64_t>(row.number(3)),
                    .fields = {}};
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
  if (out.version < 0 || row.number(9) != out.n_dead) return damaged("its count of the dead");
  QUERN_ASSIGN(out.fields, stats_from_bytes(row.bytes(11), n_fields, out.n_dead));
  for (std::size_t f = 0; f < n_fields; ++f) {
    if (out.fields[f].n_docs > segment.fields[f].n_docs ||
        out.fields[f].n_tokens > segment.fields[f].n_tokens) {
      return damaged("more are dead than there were");
    }
  }
  return out;
}

Result<SegmentRow> read_segment(const SqlStatement& row, std::size_t n_fields) {
  SegmentRow out;
  const std::int64_t n_docs = row.number(2);
  if (row.number(0) < 1 || n_docs < 1 || n_docs > kMaxPartDocs) {
    return damaged(fmt::format("segment {} has {} documents", row.number(0), n_docs));
  }
  out.identity = {.kind = FileKind::kText,
                  .segment = static_cast<std::uint64_t>(row.number(0)),
                  .nonce = static_cast<std::uint64_t>(row.number(1)),
                  .n_docs = static_cast<std::uint32_t>(n_docs)};
  out.born = row.number(3);
  out.file = row.bytes(5);
  if (!is_file_name(out.file)) {
    return damaged(fmt::format("segment {} has no file", out.identity.segment));
  }
  out.seal = {.n_bytes = static_cast<std::uint64_t>(row.number(6)),
              .footer_sum = static_cast<std::uint64_t>(row.number(7))};
  QUERN_ASSIGN(out.fields, stats_from_bytes(row.bytes(4), n_fields, out.identity.n_docs));
  QUERN_ASSIGN(out.tombstone, read_tombstone(row, out, n_fields));
  return out;
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
    if (segment.identity.segment >= state.next_segment) return damaged("the next segment's number");
  }
  if (n_live == state.generation.n_live && fields == state.generation.fields) return {};
  return damaged(fmt::format("{} documents live in its segments, {} in its generation", n_live,
                             state.generation.n_live));
}

}  // namespace

Status Catalog::create(const std::string& path, const Schema& schema, std::string_view made_by) {
  QUERN_TRY(check_schema(schema));
  QUERN_ASSIGN(Sql sql, Sql::open(path, Sql::Access::kCreate, kPatienceMs));
  QUERN_TRY(sql.run("PRAGMA journal_mode = WAL"));
  QUERN_TRY(sql.run(kSettings));
  QUERN_ASSIGN(SqlTransaction transaction,
               SqlTransaction::begin(sql, SqlTransaction::Kind::kWrite));
  QUERN_TRY(sql.run(kTables));
  QUERN_TRY(sql.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                kApplicationId, kCatalogVersion)
                        .c_str()));
  QUERN_TRY(set_meta(sql, "schema", std::string_view(json_from_schema(schema))));
  QUERN_TRY(set_meta(sql, "made by", made_by));
  QUERN_TRY(set_meta(sql, "writer", made_by));
  QUERN_TRY(set_meta(sql, "next segment", std::int64_t{1}));
  QUERN_TRY(insert_generation(sql, {.id = 0,
                                    .at_ms = 0,
                                    .writer = std::string(made_by),
                                    .n_live = 0,
                                    .fields = std::vector<FieldStats>(schema.fields.size())}));
  QUERN_TRY(transaction.commit());
  return sql.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<Catalog> Catalog::open(const std::string& path, Access access) {
  const std::string where = "'" + path + "'";
  Catalog out;
  out.path_ = path;
  QUERN_ASSIGN(out.sql_,
               Sql::open(path, access == Access::kRead ? Sql::Access::kRead : Sql::Access::kWrite,
                         kPatienceMs));
  QUERN_TRY(out.sql_.run(kSettings).in(where));
  QUERN_TRY(check_version(out.sql_).in(where));
  QUERN_ASSIGN(const std::string schema, meta(out.sql_, "schema").in(where));
  QUERN_ASSIGN(out.schema_, schema_from_json(schema).in(where));
  return out;
}

Result<CatalogState> Catalog::newest() {
  const std::string where = "'" + path_ + "'";
  QUERN_ASSIGN(SqlTransaction moment,
               SqlTransaction::begin(sql_, SqlTransaction::Kind::kRead).in(where));
  CatalogState out;
  const std::size_t n_fields = schema_.fields.size();
  QUERN_ASSIGN(out.generation, read_generation(sql_, n_fields).in(where));
  QUERN_ASSIGN(const std::int64_t next,
               sql_.number("SELECT value FROM meta WHERE name = 'next segment'"));
  if (next < 1) return damaged("the next segment's number").in(where);
  out.next_segment = static_cast<SegmentId>(next);
  QUERN_ASSIGN(SqlStatement rows, sql_.prepare(kSegments));
  for (;;) {
    QUERN_ASSIGN(const bool has_row, rows.step());
    if (!has_row) break;
    QUERN_ASSIGN(SegmentRow segment, read_segment(rows, n_fields).in(where));
    out.segments.push_back(std::move(segment));
  }
  QUERN_TRY(check_sums(out).in(where));
  return out;
}

Status Catalog::note_writer(std::string_view who) { return set_meta(sql_, "writer", who); }

Status Catalog::check() {
  QUERN_ASSIGN(SqlStatement statement, sql_.prepare("PRAGMA integrity_check(1)"));
  QUERN_ASSIGN(const bool has_row, statement.step());
  if (!has_row || statement.bytes(0) != "ok") {
    return damaged(has_row ? statement.bytes(0) : "no answer").in("'" + path_ + "'");
  }
  QUERN_ASSIGN(SqlStatement foreign, sql_.prepare("PRAGMA foreign_key_check"));
  QUERN_ASSIGN(const bool has_orphan, foreign.step());
  if (has_orphan) return damaged("a row of no segment").in("'" + path_ + "'");
  return newest().status();
}

Status Catalog::vacuum() {
  QUERN_TRY(sql_.run("VACUUM"));
  return sql_.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<CatalogChange> CatalogChange::begin(Catalog& catalog) {
  QUERN_ASSIGN(SqlTransaction transaction,
               SqlTransaction::begin(catalog.sql_, SqlTransaction::Kind::kWrite));
  return CatalogChange(catalog, std::move(transaction));
}

Status CatalogChange::add_segment(const SegmentRow& row) {
  Sql& sql = catalog_->sql_;
  const auto id = static_cast<std::int64_t>(row.identity.segment);
  QUERN_ASSIGN(SqlStatement segment, sql.prepare("INSERT INTO segment VALUES (?, ?, ?, ?, ?)"));
  segment.bind(1, id).bind(2, static_cast<std::int64_t>(row.identity.nonce));
  segment.bind(3, std::int64_t{row.identity.n_docs}).bind(4, row.born);
  QUERN_TRY(segment.bind_blob(5, bytes_from_stats(row.fields)).run());
  QUERN_ASSIGN(SqlStatement part, sql.prepare("INSERT INTO part VALUES (?, 'text', ?, ?, ?)"));
  part.bind(1, id).bind(2, row.file).bind(3, static_cast<std::int64_t>(row.seal.n_bytes));
  QUERN_TRY(part.bind(4, static_cast<std::int64_t>(row.seal.footer_sum)).run());
  return row.tombstone.n_dead == 0 ? Status() : set_tombstone(row.identity.segment, row.tombstone);
}

Status CatalogChange::remove_segment(SegmentId id) {
  QUERN_ASSIGN(SqlStatement remove, catalog_->sql_.prepare("DELETE FROM segment WHERE id = ?"));
  return remove.bind(1, static_cast<std::int64_t>(id)).run();
}

Status CatalogChange::set_tombstone(SegmentId id, const TombstoneRow& row) {
  QUERN_ASSIGN(SqlStatement set,
               catalog_->sql_.prepare("REPLACE INTO tombstone VALUES (?, ?, ?, ?, ?)"));
  set.bind(1, static_cast<std::int64_t>(id)).bind(2, row.version);
  set.bind(3, std::int64_t{row.n_dead}).bind_blob(4, row.bitmap);
  return set.bind_blob(5, bytes_from_stats(row.fields)).run();
}

Status CatalogChange::commit(const GenerationRow& generation, SegmentId next_segment) {
  Sql& sql = catalog_->sql_;
  QUERN_TRY(set_meta(sql, "next segment", static_cast<std::int64_t>(next_segment)));
  QUERN_TRY(insert_generation(sql, generation));
  QUERN_ASSIGN(SqlStatement old, sql.prepare("DELETE FROM generation WHERE id <= ?"));
  QUERN_TRY(old.bind(1, generation.id - kKeptGenerations).run());
  return transaction_.commit();
}

}  // namespace quern::store
