#include "apps/claims/claims_db.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "apps/claims/claim_json.h"
#include "apps/claims/claims_tables.h"
#include "base/unix_time.h"

namespace quern::apps {
namespace {

constexpr std::int64_t kApplicationId = 0x51726E4A;  // "QrnJ"
constexpr int kPatienceMs = 10'000;

constexpr const char* kSettings =
    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -2048;"
    "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;";

/// The version of its tables. Errors: kBadInput for another kind of file.
Result<std::int64_t> version_of(Sql& sql) {
  QUERN_ASSIGN(const std::int64_t application, sql.number("PRAGMA application_id"));
  if (application != kApplicationId) {
    return {Code::kBadInput, "it is no database of claims"};
  }
  return sql.number("PRAGMA user_version");
}

/// Of an earlier version it becomes one of this, however it is opened.
Status check_version(const std::string& path, Sql::Access access, Sql& sql) {
  QUERN_ASSIGN(const std::int64_t version, version_of(sql));
  if (version == kClaimsDbVersion) return {};
  if (version > kClaimsDbVersion) {
    return {Code::kUnsupported, fmt::format("it has format {}, this version reads and writes {}",
                                            version, kClaimsDbVersion)};
  }
  const std::string what =
      fmt::format("it has format {}, which this version makes {}", version, kClaimsDbVersion);
  if (access != Sql::Access::kRead) return bring_to_this_version(sql).in(what);
  Result<Sql> writer = Sql::open(path, Sql::Access::kWrite, kPatienceMs);
  QUERN_TRY(writer.status().in(what));
  return bring_to_this_version(*writer).in(what);
}

// Of several processes that come first at once, one makes the tables.
Status make_tables(Sql& sql) {
  QUERN_ASSIGN(const std::string mode, sql.text("PRAGMA journal_mode = WAL"));
  if (mode != "wal") {
    return {Code::kUnsupported,
            fmt::format("it cannot have a write-ahead log here: its mode is '{}'", mode)};
  }
  QUERN_ASSIGN(SqlTransaction transaction,
               SqlTransaction::begin(sql, SqlTransaction::Kind::kWrite));
  QUERN_ASSIGN(const std::int64_t n_tables, sql.number("SELECT count(*) FROM sqlite_master"));
  if (n_tables > 0) return {};
  QUERN_TRY(sql.run(kClaimsTables));
  QUERN_TRY(sql.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                kApplicationId, kClaimsDbVersion)
                        .c_str()));
  return transaction.commit();
}

// A number as text for a column of type REAL: the shortest that reads back the same.
std::string decimal(double number) { return fmt::format("{}", number); }

/// The id of a row that is there once, made where it is not.
Result<std::int64_t> id_of_row(Sql& sql, const char* insert, const char* find, const std::string& a,
                               const std::string& b) {
  QUERN_ASSIGN(SqlStatement make, sql.prepare(insert));
  QUERN_TRY(make.bind(1, a).bind(2, b).run());
  QUERN_ASSIGN(SqlStatement look, sql.prepare(find));
  look.bind(1, a).bind(2, b);
  QUERN_ASSIGN(const bool has_row, look.step());
  if (!has_row) return {Code::kBadInput, "a row that was just written is not there"};
  return look.number(0);
}

Result<std::int64_t> id_of_model(Sql& sql, const ClaimResult& result) {
  return id_of_row(sql, "INSERT OR IGNORE INTO model (name, digest) VALUES (?, ?)",
                   "SELECT id FROM model WHERE name = ? AND digest = ?", result.nli_model,
                   result.nli_digest);
}

Result<std::int64_t> id_of_calibration(Sql& sql, const Calibration& calibration) {
  return id_of_row(sql, "INSERT OR IGNORE INTO calibration (digest, body) VALUES (?, ?)",
                   "SELECT id FROM calibration WHERE digest = ? AND body = ?",
                   calibration_digest(calibration), json_from_calibration(calibration));
}

}  // namespace

std::string claims_db_path(const std::string& home) { return home + "/claims/claims.db"; }

Result<std::unique_ptr<ClaimsDb>> ClaimsDb::open(const std::string& path, Sql::Access access) {
  std::error_code error;
  if (access == Sql::Access::kCreate) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  } else if (!std::filesystem::exists(path, error)) {
    return Status(Code::kNotFound,
                  fmt::format("'{}' is not there: no claim has been verified yet", path));
  }
  std::unique_ptr<ClaimsDb> out(new ClaimsDb);
  out->path_ = path;
  const std::string quoted = "'" + path + "'";
  QUERN_ASSIGN(out->sql_, Sql::open(path, access, kPatienceMs));
  QUERN_TRY(out->sql_.run(kSettings).in(quoted));
  if (access == Sql::Access::kCreate) {
    QUERN_ASSIGN(const std::int64_t n,
                 out->sql_.number("SELECT count(*) FROM sqlite_master").in(quoted));
    if (n == 0) QUERN_TRY(make_tables(out->sql_).in(quoted));
  }
  QUERN_TRY(check_version(path, access, out->sql_).in(quoted));
  return out;
}

Result<std::int64_t> ClaimsDb::add(const ClaimResult& result, const Calibration& calibration) {
  const Addition addition = {.result = &result};
  QUERN_ASSIGN(const std::vector<std::int64_t> ids, add_all(std::span(&addition, 1), calibration));
  return ids.front();
}

Result<std::vector<std::int64_t>> ClaimsDb::add_all(std::span<const Addition> additions,
                                                    const Calibration& calibration) {
  const auto write = [&]() -> Result<std::vector<std::int64_t>> {
    QUERN_ASSIGN(SqlTransaction transaction,
                 SqlTransaction::begin(sql_, SqlTransaction::Kind::kWrite));
    QUERN_ASSIGN(const std::int64_t calibration_id, id_of_calibration(sql_, calibration));
    std::vector<std::int64_t> ids;
    for (const Addition& addition : additions) {
      QUERN_ASSIGN(ids.emplace_back(), insert(addition, calibration_id));
    }
    QUERN_TRY(transaction.commit());
    return ids;
  };
  return write().in("'" + path_ + "'");
}

Result<std::int64_t> ClaimsDb::insert(const Addition& addition, std::int64_t calibration) {
  if (!addition.row.run.empty()) {
    QUERN_ASSIGN(SqlStatement look,
                 sql_.prepare("SELECT id, input FROM claim WHERE run = ? AND line = ?"));
    look.bind(1, addition.row.run).bind(2, addition.row.line);
    QUERN_ASSIGN(const bool is_there, look.step());
    if (is_there && look.bytes(1) == addition.row.input) return look.number(0);
    if (is_there) {
      QUERN_ASSIGN(SqlStatement remove, sql_.prepare("DELETE FROM claim WHERE id = ?"));
      QUERN_TRY(remove.bind(1, look.number(0)).run());
    }
  }
  QUERN_ASSIGN(const std::int64_t claim, insert_claim(addition));
  QUERN_TRY(insert_evidence(claim, *addition.result));
  QUERN_TRY(insert_verdict(claim, *addition.result, calibration));
  return claim;
}

Result<std::int64_t> ClaimsDb::insert_claim(const Addition& addition) {
  const ClaimResult& result = *addition.result;
  // Without a run the column is NULL, of which any number may be the same.
  QUERN_ASSIGN(SqlStatement claim,
               sql_.prepare("INSERT INTO claim (at_ms, run, line, key, text, corpus, generation,"
                            " why_empty, input) VALUES (?, nullif(?, ''), ?, ?, ?, ?, ?, ?, ?)"));
  claim.bind(1, unix_ms_now()).bind(2, addition.row.run).bind(3, addition.row.line);
  claim.bind(4, result.id).bind(5, result.claim).bind(6, result.corpus);
  claim.bind(7, std::int64_t{result.generation});
  claim.bind(8, result.evidence.empty() ? result.judgement.reason : std::string());
  claim.bind(9, addition.row.input);
  QUERN_TRY(claim.run());
  QUERN_ASSIGN(const std::int64_t id, sql_.number("SELECT last_insert_rowid()"));
  QUERN_TRY(write_claim_digest(sql_, id));
  return id;
}

Status ClaimsDb::insert_evidence(std::int64_t claim, const ClaimResult& result) {
  QUERN_ASSIGN(SqlStatement sentence,
               sql_.prepare("INSERT INTO evidence VALUES"
                            " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  QUERN_ASSIGN(SqlStatement nli, sql_.prepare("INSERT INTO nli VALUES (?, ?, ?, ?)"));
  for (const ClaimEvidence& e : result.evidence) {
    const EvidenceSentence& s = e.sentence;
    const auto i = std::int64_t{e.i_judged};
    sentence.bind(1, claim).bind(2, i).bind(3, s.source.key).bind(4, s.source.title);
    sentence.bind(5, s.source.url).bind(6, s.source.date).bind(7, s.source.licence);
    sentence.bind(8, s.passage).bind(9, std::int64_t{s.i_sentence});
    sentence.bind(10, static_cast<std::int64_t>(s.span.begin));
    sentence.bind(11, static_cast<std::int64_t>(s.span.end));
    sentence.bind(12, s.text).bind(13, s.before).bind(14, s.after);
    sentence.bind_blob(15, bytes_from_nearness(s.nearness));
    sentence.bind(16, std::int64_t{s.i_piece}).bind(17, std::int64_t{s.n_pieces});
    QUERN_TRY(sentence.run());
    nli.bind(1, claim).bind(2, i).bind_blob(3, bytes_from_logits(e.logits));
    QUERN_TRY(nli.bind(4, std::int64_t{e.n_dropped}).run());
  }
  return {};
}

Status ClaimsDb::insert_verdict(std::int64_t claim, const ClaimResult& result,
                                std::int64_t calibration) {
  const Judgement& judgement = result.judgement;
  QUERN_ASSIGN(const std::int64_t model, id_of_model(sql_, result));
  QUERN_ASSIGN(SqlStatement verdict,
               sql_.prepare("INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  verdict.bind(1, claim).bind(2, std::string_view(verdict_name(judgement.verdict)));
  verdict.bind(3, decimal(judgement.confidence));
  for (int i = 0; i < 3; ++i) {
    verdict.bind(4 + i, decimal(judgement.scores[static_cast<std::size_t>(i)]));
  }
  verdict.bind(7, model).bind(8, calibration).bind(9, result.pipeline);
  return verdict.bind(10, json_from_claim(result)).run();
}

Status ClaimsDb::note(const std::string& what, const std::string& detail) {
  QUERN_ASSIGN(SqlStatement insert,
               sql_.prepare("INSERT INTO event (at_ms, what, detail) VALUES (?, ?, ?)"));
  return insert.bind(1, unix_ms_now()).bind(2, what).bind(3, detail).run().in("'" + path_ + "'");
}

}  // namespace quern::apps
