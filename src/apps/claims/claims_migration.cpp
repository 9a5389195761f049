// From the tables of earlier versions to those of this one (claims_tables.h).
//   1  as 2 without claim.digest, evidence.piece and evidence.n_pieces; its first builds had no
//      claim.input either
//   2  this one

#include <vector>

#include <fmt/format.h>

#include "apps/claims/claims_tables.h"

namespace quern::apps {
namespace {

Result<bool> has_column(Sql& sql, const char* table, const char* column) {
  QUERN_ASSIGN(SqlStatement look,
               sql.prepare("SELECT count(*) FROM pragma_table_info(?) WHERE name = ?"));
  look.bind(1, std::string_view(table)).bind(2, std::string_view(column));
  QUERN_TRY(look.step().status());
  return look.number(0) > 0;
}

// Who wrote them knew nothing of digests: rows are believed as they are.
Status write_claim_digests(Sql& sql) {
  std::vector<std::int64_t> claims;
  {
    QUERN_ASSIGN(SqlStatement rows, sql.prepare("SELECT id FROM claim"));
    for (;;) {
      QUERN_ASSIGN(const bool has_row, rows.step());
      if (!has_row) break;
      claims.push_back(rows.number(0));
    }
  }
  for (const std::int64_t claim : claims) QUERN_TRY(write_claim_digest(sql, claim));
  return {};
}

Status from_1_to_2(Sql& sql) {
  QUERN_ASSIGN(const bool has_input, has_column(sql, "claim", "input"));
  // "" is the SHA-256 of no line: a run that goes on judges such a row anew.
  if (!has_input) {
    QUERN_TRY(sql.run("ALTER TABLE claim ADD COLUMN input TEXT NOT NULL DEFAULT ''"));
  }
  QUERN_TRY(
      sql.run("ALTER TABLE claim ADD COLUMN digest TEXT NOT NULL DEFAULT '';"
              "ALTER TABLE evidence ADD COLUMN piece INTEGER NOT NULL DEFAULT 0;"
              "ALTER TABLE evidence ADD COLUMN n_pieces INTEGER NOT NULL DEFAULT 1;"));
  return write_claim_digests(sql);
}

}  // namespace

Status bring_to_this_version(Sql& sql) {
  QUERN_ASSIGN(SqlTransaction transaction,
               SqlTransaction::begin(sql, SqlTransaction::Kind::kWrite));
  // Another process may have been first.
  QUERN_ASSIGN(const std::int64_t version, sql.number("PRAGMA user_version"));
  if (version == kClaimsDbVersion) return {};
  if (version != 1) {
    return {Code::kUnsupported, fmt::format("format {} is not known", version)};
  }
  QUERN_TRY(from_1_to_2(sql));
  QUERN_TRY(sql.run(fmt::format("PRAGMA user_version = {}", kClaimsDbVersion).c_str()));
  return transaction.commit();
}

}  // namespace quern::apps
