// What was claimed, found, said and decided, in one SQLite file (base/sql.h):
// home/claims/claims.db. Every verdict can be computed again from what is stored here:
// replay_claim.h. docs/claims.md has its tables.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/claims/claims_tables.h"
#include "apps/claims/verify_claim.h"
#include "base/sql.h"
#include "base/status.h"

namespace quern::apps {

std::string claims_db_path(const std::string& home);

/// Where in a run over a file a claim stands: a row of it is there once, however often the run was
/// cut off and gone on with. A claim by itself has no run.
struct ClaimRow {
  std::string run = {};
  std::int64_t line = 0;
  std::string input = {};  // SHA-256 of the whole line, in hex: a changed one is another claim.
};

struct StoredClaim {
  std::int64_t id = 0;
  ClaimRow row = {};
  ClaimResult result;       // What it was judged by; its judgement is to be made (replay_claim.h).
  std::string json = {};    // What was said: json_from_claim, then.
  Calibration calibration;  // That the verdict was made with.
  std::string calibration_json = {};  // Its bytes.
  std::string pipeline;
  std::string verdict;                  // As its row says, for whoever asks by SQL;
  double confidence = 0;                // replay_claim sees that all are those of `json`.
  std::array<double, 3> scores = {};    // [Verdict]
  std::string calibration_digest = {};  // Of its row.
  std::string row_digest = {};          // Of the claim's row, as it says,
  std::string row_digest_now = {};      // and as it is.
  std::int64_t at_ms = 0;               // Unix time.
};

/// A claim as a list shows it.
struct ClaimHead {
  std::int64_t id = 0;
  std::string claim;
  std::string verdict;
  double confidence = 0;
  bool is_abstention = false;
  std::string corpus;
  std::int64_t at_ms = 0;
};

/// Something that happened, for whoever looks at what was done.
struct ClaimEvent {
  std::int64_t at_ms = 0;
  std::string what;    // "verified", "batch", "replayed", "fitted".
  std::string detail;  // An object of JSON.
};

/// Threads: one at a time; several processes may have it open.
class ClaimsDb {
 public:
  /// Makes it and its folder where there is none and it is to be written; one of an earlier version
  /// gets the form of this one, to be read as well. Errors: kNotFound where there is none to read;
  /// kUnsupported for a newer version; kBadInput for damage or another kind
  /// of file; kUnavailable where another process holds it too long; kIo.
  static Result<std::unique_ptr<ClaimsDb>> open(const std::string& path, Sql::Access access);

  /// Claim, evidence, NLI results and verdict in one transaction; the id it got. Errors:
  /// kUnavailable; kIo (a full disk): nothing of it is there.
  Result<std::int64_t> add(const ClaimResult& result, const Calibration& calibration);

  /// Several in one transaction. What a run has at a row already stays as it is
  /// if it came of the same input, else it is replaced.
  struct Addition {
    const ClaimResult* result = nullptr;
    ClaimRow row = {};
  };
  Result<std::vector<std::int64_t>> add_all(std::span<const Addition> additions,
                                            const Calibration& calibration);

  /// Errors: kNotFound; kBadInput for rows that cannot be right, naming them.
  Result<StoredClaim> find(std::int64_t id);

  /// What was said of the claim at a row of a run; nothing where there is none, or one that came of
  /// another input.
  Result<std::optional<std::string>> json_of_row(const ClaimRow& row);

  /// The newest first; those before `before` alone, where it is not 0.
  Result<std::vector<ClaimHead>> list(std::size_t n_most, std::int64_t before = 0);
  /// All of them, ascending.
  Result<std::vector<std::int64_t>> ids();
  /// Of claims that are gone while a verdict, evidence or logits of them are there, ascending.
  Result<std::vector<std::int64_t>> ids_without_claim();

  Status note(const std::string& what, const std::string& detail);
  /// The newest first.
  Result<std::vector<ClaimEvent>> events(std::size_t n_most);

 private:
  ClaimsDb() = default;
  Result<std::int64_t> insert(const Addition& addition, std::int64_t calibration);
  Result<std::int64_t> insert_claim(const Addition& addition);
  Status insert_evidence(std::int64_t claim, const ClaimResult& result);
  Status insert_verdict(std::int64_t claim, const ClaimResult& result, std::int64_t calibration);
  Status read_evidence(StoredClaim& out);
  std::string path_;
  Sql sql_;
};

}  // namespace quern::apps
