#include "apps/claims/claims_tables.h"

#include <cstring>

#include <fmt/format.h>

#include "base/sha256.h"

namespace quern::apps {
namespace {

// This machine is little-endian, as all that we build for.
template <typename Number>
void put(Number number, std::string& out) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof number);
}

/// False where there are too few bytes.
template <typename Number>
bool take(std::span<const std::byte>& bytes, Number& out) {
  if (bytes.size() < sizeof out) return false;
  std::memcpy(&out, bytes.data(), sizeof out);
  bytes = bytes.subspan(sizeof out);
  return true;
}

constexpr std::optional<double> Nearness::* kKnown[] = {
    &Nearness::cosine, &Nearness::passage_cosine, &Nearness::lexical, &Nearness::passage_lexical};

}  // namespace

// A claim belongs to a row of a run at most once. Sentences, logits and the verdict go with it.
const char* const kClaimsTables =
    "CREATE TABLE calibration (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE,"
    " body TEXT NOT NULL);"
    "CREATE TABLE model (id INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL,"
    " UNIQUE (name, digest));"
    "CREATE TABLE claim (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, run TEXT,"
    " line INTEGER NOT NULL, input TEXT NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL,"
    " corpus TEXT NOT NULL, generation INTEGER NOT NULL, why_empty TEXT NOT NULL,"
    " digest TEXT NOT NULL DEFAULT '', UNIQUE (run, line));"
    "CREATE TABLE evidence (claim INTEGER NOT NULL REFERENCES claim ON DELETE CASCADE,"
    " i INTEGER NOT NULL, source TEXT NOT NULL, title TEXT NOT NULL, url TEXT NOT NULL,"
    " date TEXT NOT NULL, licence TEXT NOT NULL, passage TEXT NOT NULL, sentence INTEGER NOT NULL,"
    " span_begin INTEGER NOT NULL, span_end INTEGER NOT NULL, text TEXT NOT NULL,"
    " before TEXT NOT NULL, after TEXT NOT NULL, nearness BLOB NOT NULL,"
    " piece INTEGER NOT NULL DEFAULT 0, n_pieces INTEGER NOT NULL DEFAULT 1,"
    " PRIMARY KEY (claim, i)) WITHOUT ROWID;"
    "CREATE TABLE nli (claim INTEGER NOT NULL REFERENCES claim ON DELETE CASCADE,"
    " i INTEGER NOT NULL, logits BLOB NOT NULL, n_dropped INTEGER NOT NULL,"
    " PRIMARY KEY (claim, i)) WITHOUT ROWID;"
    "CREATE TABLE verdict (claim INTEGER PRIMARY KEY REFERENCES claim ON DELETE CASCADE,"
    " verdict TEXT NOT NULL, confidence REAL NOT NULL, supported REAL NOT NULL,"
    " refuted REAL NOT NULL, not_enough_info REAL NOT NULL, model INTEGER NOT NULL,"
    " calibration INTEGER NOT NULL, pipeline TEXT NOT NULL, body TEXT NOT NULL);"
    "CREATE TABLE event (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, what TEXT NOT NULL,"
    " detail TEXT NOT NULL);";

Status write_claim_digest(Sql& sql, std::int64_t claim) {
  QUERN_ASSIGN(const std::string digest, digest_of_claim_row(sql, claim));
  QUERN_ASSIGN(SqlStatement set, sql.prepare("UPDATE claim SET digest = ? WHERE id = ?"));
  return set.bind(1, digest).bind(2, claim).run();
}

Result<std::string> digest_of_claim_row(Sql& sql, std::int64_t claim) {
  QUERN_ASSIGN(SqlStatement row,
               sql.prepare("SELECT at_ms, run, line, input, key, text, corpus, generation,"
                           " why_empty FROM claim WHERE id = ?"));
  row.bind(1, claim);
  QUERN_ASSIGN(const bool is_there, row.step());
  if (!is_there) return {Code::kNotFound, fmt::format("there is no claim {}", claim)};
  std::string all;
  for (int column = 0; column < 9; ++column) {
    // With lengths, so that no bytes go from one column to the next unseen.
    const std::string bytes = row.bytes(column);
    all += fmt::format("{}:{}", bytes.size(), bytes);
  }
  return sha256_hex(std::as_bytes(std::span(all)));
}

std::string bytes_from_logits(const NliLogits& logits) {
  std::string out;
  put(logits.entailment, out);
  put(logits.contradiction, out);
  put(logits.neutral, out);
  return out;
}

Result<NliLogits> logits_from_bytes(std::span<const std::byte> bytes) {
  NliLogits out;
  const bool is_whole = take(bytes, out.entailment) && take(bytes, out.contradiction) &&
                        take(bytes, out.neutral) && bytes.empty();
  if (!is_whole) return {Code::kBadInput, "logits are not three numbers"};
  return out;
}

std::string bytes_from_nearness(const Nearness& nearness) {
  std::string out(1, '\0');
  for (std::size_t i = 0; i < std::size(kKnown); ++i) {
    const std::optional<double>& known = nearness.*kKnown[i];
    if (!known) continue;
    out[0] = static_cast<char>(out[0] | (1 << i));
    put(*known, out);
  }
  put(nearness.passage_rank, out);
  return out;
}

Result<Nearness> nearness_from_bytes(std::span<const std::byte> bytes) {
  Nearness out;
  std::uint8_t which = 0;
  bool is_whole = take(bytes, which) && which < (1u << std::size(kKnown));
  for (std::size_t i = 0; is_whole && i < std::size(kKnown); ++i) {
    if ((which >> i & 1) == 0) continue;
    double number = 0;
    is_whole = take(bytes, number);
    out.*kKnown[i] = number;
  }
  is_whole = is_whole && take(bytes, out.passage_rank) && bytes.empty();
  if (!is_whole) return {Code::kBadInput, "a sentence's nearness has another form"};
  return out;
}

}  // namespace quern::apps
