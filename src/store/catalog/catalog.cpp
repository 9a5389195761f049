#include "store/catalog/catalog.h"

#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/mapped_file.h"

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
    "CREATE TABLE tombstone (segment INTEGER PRIMARY KEY REFERENCES segment ON DELETE CASCADE,"
    " version INTEGER NOT NULL, n_dead INTEGER NOT NULL, bitmap BLOB NOT NULL,"
    " field_stats BLOB NOT NULL);";

// What format 3 has beyond format 1; format 2 lacks what becomes of long texts.
constexpr const char* kTablesOfSpaces =
    "CREATE TABLE part (segment INTEGER NOT NULL REFERENCES segment ON DELETE CASCADE,"
    " kind TEXT NOT NULL, space INTEGER NOT NULL, nonce INTEGER NOT NULL,"
    " file TEXT NOT NULL UNIQUE, n_bytes INTEGER NOT NULL, footer_sum INTEGER NOT NULL,"
    " n_rows INTEGER NOT NULL, PRIMARY KEY (segment, kind, space)) WITHOUT ROWID;"
    "CREATE TABLE space (id INTEGER PRIMARY KEY, state TEXT NOT NULL,"
    " fingerprint TEXT NOT NULL UNIQUE, model TEXT NOT NULL, d INTEGER NOT NULL,"
    " metric TEXT NOT NULL, text_prompt TEXT NOT NULL, query_prompt TEXT NOT NULL,"
    " long_texts TEXT NOT NULL DEFAULT 'mean');"
    "CREATE TABLE fit (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, body TEXT NOT NULL)"
    " WITHOUT ROWID;";

constexpr const char* kSettings =
    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -2048;"
    "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;";

Status check_version(Sql& sql) {
  QUERN_ASSIGN(const std::int64_t application, sql.number("PRAGMA application_id"));
  if (application != kApplicationId) return {Code::kBadInput, "it is no catalog of a store"};
  QUERN_ASSIGN(const std::int64_t version, sql.number("PRAGMA user_version"));
  if (version < 1 || version > kCatalogVersion) {
    return {Code::kUnsupported,
            fmt::format("it has format {}, this version reads {}", version, kCatalogVersion)};
  }
  return {};
}

// The tables of format 1 with those of spaces.
Status add_spaces(Sql& sql) {
  QUERN_TRY(sql.run("ALTER TABLE part RENAME TO part_of_format_1"));
  QUERN_TRY(sql.run(kTablesOfSpaces));
  QUERN_TRY(
      sql.run("INSERT INTO part SELECT p.segment, p.kind, 0, s.nonce, p.file, p.n_bytes,"
              " p.footer_sum, s.n_docs FROM part_of_format_1 p JOIN segment s"
              " ON s.id = p.segment"));
  return sql.run("DROP TABLE part_of_format_1");
}

// An older format that is to be written becomes the newest, at once or not at all.
Status migrate(Sql& sql) {
  QUERN_ASSIGN(SqlTransaction transaction,
               SqlTransaction::begin(sql, SqlTransaction::Kind::kWrite));
  QUERN_ASSIGN(const std::int64_t version, sql.number("PRAGMA user_version"));
  if (version >= kCatalogVersion) return {};
  QUERN_TRY(version < kVersionOfSpaces
                ? add_spaces(sql)
                : sql.run("ALTER TABLE space ADD COLUMN long_texts TEXT NOT NULL DEFAULT 'mean'"));
  QUERN_TRY(sql.run(fmt::format("PRAGMA user_version = {}", kCatalogVersion).c_str()));
  return transaction.commit();
}

Result<std::string> meta(Sql& sql, std::string_view name) {
  QUERN_ASSIGN(SqlStatement statement, sql.prepare("SELECT value FROM meta WHERE name = ?"));
  statement.bind(1, name);
  QUERN_ASSIGN(const bool has_row, statement.step());
  if (!has_row) return damaged_catalog(fmt::format("it has no '{}'", name));
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

Status insert_spaces(Sql& sql, std::span<const SpaceRow> spaces) {
  QUERN_ASSIGN(SqlStatement insert,
               sql.prepare("INSERT INTO space VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  for (const SpaceRow& row : spaces) {
    insert.bind(1, row.id).bind(2, std::string_view(space_state_name(row.state)));
    insert.bind(3, row.space.fingerprint).bind(4, row.space.model);
    insert.bind(5, std::int64_t{row.space.d});
    insert.bind(6, std::string_view(metric_name(row.space.metric)));
    insert.bind(7, row.space.text_prompt).bind(8, row.space.query_prompt);
    QUERN_TRY(insert.bind(9, std::string_view(long_texts_name(row.space.long_texts))).run());
  }
  return {};
}

Status insert_part(Sql& sql, SegmentId segment, std::string_view kind, const PartRow& part) {
  QUERN_ASSIGN(SqlStatement insert,
               sql.prepare("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.bind(1, static_cast<std::int64_t>(segment)).bind(2, kind).bind(3, part.space);
  insert.bind(4, static_cast<std::int64_t>(part.nonce)).bind(5, part.file);
  insert.bind(6, static_cast<std::int64_t>(part.seal.n_bytes));
  insert.bind(7, static_cast<std::int64_t>(part.seal.footer_sum));
  return insert.bind(8, std::int64_t{part.n_rows}).run();
}

}  // namespace

Status Catalog::create(const std::string& path, const Schema& schema, std::string_view made_by,
                       const std::optional<VectorSpace>& space) {
  QUERN_TRY(check_schema(schema));
  if (space) QUERN_TRY(check_space(*space));
  QUERN_ASSIGN(Sql sql, Sql::open(path, Sql::Access::kCreate, kPatienceMs));
  QUERN_ASSIGN(const std::string mode, sql.text("PRAGMA journal_mode = WAL"));
  if (mode != "wal") {
    return {
        Code::kUnsupported,
        fmt::format("'{}' cannot have a write-ahead log here: its mode is '{}'; a store needs a "
                    "file system with shared memory",
                    path, mode)};
  }
  QUERN_TRY(sql.run(kSettings));
  QUERN_ASSIGN(SqlTransaction transaction,
               SqlTransaction::begin(sql, SqlTransaction::Kind::kWrite));
  QUERN_TRY(sql.run(kTables));
  QUERN_TRY(sql.run(kTablesOfSpaces));
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
  if (space) {
    const SpaceRow first{.id = 1, .state = SpaceState::kActive, .space = *space};
    QUERN_TRY(insert_spaces(sql, {&first, 1}));
  }
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
  if (access == Access::kWrite) QUERN_TRY(migrate(out.sql_).in(where));
  QUERN_TRY(out.read_schema().in(where));
  return out;
}

Status Catalog::read_schema() {
  QUERN_ASSIGN(const std::string schema, meta(sql_, "schema"));
  QUERN_ASSIGN(schema_, schema_from_json(schema));
  return {};
}

Result<Catalog> Catalog::open_image(std::string image, const std::string& where) {
  const std::string quoted = "'" + where + "'";
  Catalog out;
  out.path_ = where;
  QUERN_ASSIGN(out.sql_, Sql::open_image(std::move(image)).in(quoted));
  QUERN_TRY(out.sql_.run(kSettings).in(quoted));
  QUERN_TRY(check_version(out.sql_).in(quoted));
  QUERN_TRY(out.read_schema().in(quoted));
  return out;
}

Result<std::string> Catalog::image(const std::string& aside, std::size_t limit_bytes) {
  QUERN_ASSIGN(SqlStatement vacuum, sql_.prepare("VACUUM INTO ?"));
  Status written = vacuum.bind(1, aside).run();
  Result<std::string> image =
      written.ok() ? read_file(aside, limit_bytes) : Result<std::string>(written);
  ::unlink(aside.c_str());
  return image;
}

Result<std::size_t> Catalog::image_bytes() {
  QUERN_ASSIGN(const std::int64_t n_pages, sql_.number("PRAGMA page_count"));
  QUERN_ASSIGN(const std::int64_t page_bytes, sql_.number("PRAGMA page_size"));
  return static_cast<std::size_t>(n_pages) * static_cast<std::size_t>(page_bytes);
}

Result<GenerationId> Catalog::newest_id() {
  QUERN_ASSIGN(SqlStatement row,
               sql_.prepare("SELECT id FROM generation ORDER BY id DESC LIMIT 1"));
  QUERN_ASSIGN(const bool has_row, row.step());
  if (!has_row) return damaged_catalog("it has no generation").in("'" + path_ + "'");
  return row.number(0);
}

Result<CatalogState> Catalog::newest() {
  const std::string where = "'" + path_ + "'";
  QUERN_ASSIGN(SqlTransaction moment,
               SqlTransaction::begin(sql_, SqlTransaction::Kind::kRead).in(where));
  return read_catalog_state(sql_, schema_.fields.size()).in(where);
}

Status Catalog::note_writer(std::string_view who) { return set_meta(sql_, "writer", who); }

Status Catalog::read_tables(const std::function<Status(Sql&)>& read) {
  QUERN_ASSIGN(const SqlTransaction moment,
               SqlTransaction::begin(sql_, SqlTransaction::Kind::kRead));
  return read(sql_);
}

Status Catalog::check() {
  QUERN_ASSIGN(SqlStatement statement, sql_.prepare("PRAGMA integrity_check(1)"));
  QUERN_ASSIGN(const bool has_row, statement.step());
  if (!has_row || statement.bytes(0) != "ok") {
    return damaged_catalog(has_row ? statement.bytes(0) : "no answer").in("'" + path_ + "'");
  }
  QUERN_ASSIGN(SqlStatement foreign, sql_.prepare("PRAGMA foreign_key_check"));
  QUERN_ASSIGN(const bool has_orphan, foreign.step());
  if (has_orphan) return damaged_catalog("a row of no segment").in("'" + path_ + "'");
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
  QUERN_TRY(insert_part(sql, row.identity.segment, "text",
                        {.space = 0,
                         .nonce = row.identity.nonce,
                         .file = row.file,
                         .seal = row.seal,
                         .n_rows = row.identity.n_docs}));
  for (const PartRow& part : row.parts) {
    QUERN_TRY(insert_part(sql, row.identity.segment, part_kind_name(part.kind), part));
  }
  return row.tombstone.n_dead == 0 ? Status() : set_tombstone(row.identity.segment, row.tombstone);
}

Status CatalogChange::remove_segment(SegmentId id) {
  QUERN_ASSIGN(SqlStatement remove, catalog_->sql_.prepare("DELETE FROM segment WHERE id = ?"));
  return remove.bind(1, static_cast<std::int64_t>(id)).run();
}

Status CatalogChange::set_parts(SegmentId id, std::span<const PartRow> parts) {
  QUERN_ASSIGN(SqlStatement remove,
               catalog_->sql_.prepare("DELETE FROM part WHERE segment = ? AND kind <> 'text'"));
  QUERN_TRY(remove.bind(1, static_cast<std::int64_t>(id)).run());
  for (const PartRow& part : parts) {
    QUERN_TRY(insert_part(catalog_->sql_, id, part_kind_name(part.kind), part));
  }
  return {};
}

Status CatalogChange::set_spaces(std::span<const SpaceRow> spaces) {
  QUERN_TRY(catalog_->sql_.run("DELETE FROM space"));
  return insert_spaces(catalog_->sql_, spaces);
}

Status CatalogChange::set_fit(const FitRow& row) {
  QUERN_ASSIGN(SqlStatement set, catalog_->sql_.prepare("REPLACE INTO fit VALUES (?, ?, ?)"));
  return set.bind(1, row.name).bind(2, row.fingerprint).bind(3, row.body).run();
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
