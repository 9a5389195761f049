// What ClaimsDb reads: a claim with all that it was judged by, and lists.

#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "apps/claims/claims_db.h"

namespace quern::apps {
namespace {

EvidenceSentence sentence_of_row(const SqlStatement& row) {
  EvidenceSentence out;
  out.source = {.key = row.bytes(1),
                .title = row.bytes(2),
                .url = row.bytes(3),
                .date = row.bytes(4),
                .licence = row.bytes(5)};
  out.passage = row.bytes(6);
  out.span = {.begin = static_cast<std::size_t>(row.number(8)),
              .end = static_cast<std::size_t>(row.number(9))};
  out.text = row.bytes(10);
  out.before = row.bytes(11);
  out.after = row.bytes(12);
  return out;
}

/// A column of a row of evidence that is a number of 32 bits, as far as it is one.
template <typename Number>
Status read_small(const SqlStatement& row, int column, const char* name, Number& out) {
  const std::int64_t number = row.number(column);
  out = static_cast<Number>(number);
  if (number >= 0 && number == std::int64_t{out}) return {};
  return {Code::kBadInput, fmt::format("its {} is {}", name, number)};
}

Result<ClaimEvidence> evidence_of_row(const SqlStatement& row) {
  ClaimEvidence out;
  out.sentence = sentence_of_row(row);
  QUERN_TRY(read_small(row, 0, "number", out.i_judged));
  QUERN_TRY(read_small(row, 7, "sentence", out.sentence.i_sentence));
  QUERN_TRY(read_small(row, 16, "piece", out.sentence.i_piece));
  QUERN_TRY(read_small(row, 17, "number of pieces", out.sentence.n_pieces));
  QUERN_ASSIGN(out.sentence.nearness, nearness_from_bytes(row.blob(13)));
  QUERN_ASSIGN(out.logits, logits_from_bytes(row.blob(14)));
  QUERN_TRY(read_small(row, 15, "n_dropped", out.n_dropped));
  return out;
}

}  // namespace

Status ClaimsDb::read_evidence(StoredClaim& out) {
  QUERN_ASSIGN(
      SqlStatement rows,
      sql_.prepare(
          "SELECT i, source, title, url, date, licence, passage, sentence,"
          " span_begin, span_end, evidence.text, before, after, nearness,"
          " logits, n_dropped, piece, n_pieces FROM evidence LEFT JOIN nli USING (claim, i)"
          " WHERE claim = ? ORDER BY i"));
  rows.bind(1, out.id);
  for (;;) {
    QUERN_ASSIGN(const bool has_row, rows.step());
    if (!has_row) break;
    QUERN_ASSIGN(
        out.result.evidence.emplace_back(),
        evidence_of_row(rows).in(fmt::format("claim {}, evidence {}", out.id, rows.number(0))));
  }
  QUERN_ASSIGN(SqlStatement count, sql_.prepare("SELECT count(*) FROM nli WHERE claim = ?"));
  count.bind(1, out.id);
  QUERN_TRY(count.step().status());
  if (count.number(0) != std::ssize(out.result.evidence)) {
    return {Code::kBadInput, fmt::format("claim {} has {} sentences and the logits of {}", out.id,
                                         out.result.evidence.size(), count.number(0))};
  }
  return {};
}

Result<StoredClaim> ClaimsDb::find(std::int64_t id) {
  QUERN_ASSIGN(SqlTransaction one_state, SqlTransaction::begin(sql_, SqlTransaction::Kind::kRead));
  QUERN_ASSIGN(
      SqlStatement row,
      sql_.prepare(
          "SELECT at_ms, run, line, key, text, corpus, generation, why_empty, pipeline,"
          " verdict.body, calibration.body, name, model.digest, verdict, confidence,"
          " supported, refuted, not_enough_info, calibration.digest,"
          " verdict.claim, model.id, calibration.id, claim.digest FROM claim"
          " LEFT JOIN verdict ON verdict.claim = claim.id LEFT JOIN model ON model.id = model"
          " LEFT JOIN calibration ON calibration.id = calibration WHERE claim.id = ?"));
  row.bind(1, id);
  QUERN_ASSIGN(const bool has_row, row.step().in("'" + path_ + "'"));
  if (!has_row) return {Code::kNotFound, fmt::format("there is no claim {}", id)};
  for (const auto& [column, what] :
       {std::pair(19, "verdict"), {20, "model"}, {21, "calibration"}}) {
    if (!row.bytes(column).empty()) continue;
    return {Code::kBadInput, fmt::format("claim {}: its row of '{}' is missing", id, what)};
  }
  StoredClaim out;
  out.id = id;
  out.at_ms = row.number(0);
  out.row = {.run = row.bytes(1), .line = row.number(2)};
  out.result.id = row.bytes(3);
  out.result.claim = row.bytes(4);
  out.result.corpus = row.bytes(5);
  out.result.generation = row.number(6);
  out.result.judgement.reason = row.bytes(7);
  out.pipeline = out.result.pipeline = row.bytes(8);
  out.json = row.bytes(9);
  out.calibration_json = row.bytes(10);
  out.result.nli_model = row.bytes(11);
  out.result.nli_digest = row.bytes(12);
  out.verdict = row.bytes(13);
  out.confidence = std::strtod(row.bytes(14).c_str(), nullptr);
  for (int i = 0; i < 3; ++i) {
    out.scores[static_cast<std::size_t>(i)] = std::strtod(row.bytes(15 + i).c_str(), nullptr);
  }
  out.calibration_digest = row.bytes(18);
  out.row_digest = row.bytes(22);
  QUERN_ASSIGN(out.row_digest_now, digest_of_claim_row(sql_, id));
  QUERN_ASSIGN(out.calibration, calibration_from_json(out.calibration_json)
                                    .in(fmt::format("the calibration of claim {}", id)));
  QUERN_TRY(read_evidence(out));
  return out;
}

Result<std::optional<std::string>> ClaimsDb::json_of_row(const ClaimRow& row) {
  QUERN_ASSIGN(SqlStatement look,
               sql_.prepare("SELECT body FROM verdict JOIN claim ON claim.id = verdict.claim"
                            " WHERE run = ? AND line = ? AND input = ?"));
  look.bind(1, row.run).bind(2, row.line).bind(3, row.input);
  QUERN_ASSIGN(const bool has_row, look.step());
  if (!has_row) return std::optional<std::string>();
  return std::optional(look.bytes(0));
}

Result<std::vector<ClaimHead>> ClaimsDb::list(std::size_t n_most, std::int64_t before) {
  QUERN_ASSIGN(SqlStatement rows,
               sql_.prepare("SELECT claim.id, text, verdict, confidence, corpus, at_ms,"
                            " iif(json_valid(body), body ->> '$.abstained', 0) FROM claim"
                            " JOIN verdict ON verdict.claim = claim.id"
                            " WHERE ? = 0 OR claim.id < ? ORDER BY claim.id DESC LIMIT ?"));
  rows.bind(1, before).bind(2, before).bind(3, static_cast<std::int64_t>(n_most));
  std::vector<ClaimHead> out;
  for (;;) {
    QUERN_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return out;
    out.push_back({.id = rows.number(0),
                   .claim = rows.bytes(1),
                   .verdict = rows.bytes(2),
                   .confidence = std::strtod(rows.bytes(3).c_str(), nullptr),
                   .is_abstention = rows.number(6) == 1,
                   .corpus = rows.bytes(4),
                   .at_ms = rows.number(5)});
  }
}

Result<std::vector<std::int64_t>> ClaimsDb::ids() {
  QUERN_ASSIGN(SqlStatement rows, sql_.prepare("SELECT id FROM claim ORDER BY id"));
  std::vector<std::int64_t> out;
  for (;;) {
    QUERN_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return out;
    out.push_back(rows.number(0));
  }
}

Result<std::vector<std::int64_t>> ClaimsDb::ids_without_claim() {
  QUERN_ASSIGN(SqlStatement rows,
               sql_.prepare("SELECT claim FROM (SELECT claim FROM verdict UNION SELECT claim FROM"
                            " evidence UNION SELECT claim FROM nli)"
                            " WHERE claim NOT IN (SELECT id FROM claim) ORDER BY claim"));
  std::vector<std::int64_t> out;
  for (;;) {
    QUERN_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return out;
    out.push_back(rows.number(0));
  }
}

Result<std::vector<ClaimEvent>> ClaimsDb::events(std::size_t n_most) {
  QUERN_ASSIGN(SqlStatement rows,
               sql_.prepare("SELECT at_ms, what, detail FROM event ORDER BY id DESC LIMIT ?"));
  rows.bind(1, static_cast<std::int64_t>(n_most));
  std::vector<ClaimEvent> out;
  for (;;) {
    QUERN_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return out;
    out.push_back({.at_ms = rows.number(0), .what = rows.bytes(1), .detail = rows.bytes(2)});
  }
}

}  // namespace quern::apps
