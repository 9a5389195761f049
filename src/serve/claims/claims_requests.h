// The JSON of requests about claims, in TruthGraph's words (docs/claims_api.md).

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/claims/evidence_search.h"
#include "apps/entailment.h"
#include "serve/json/json_reader.h"
#include "store/search.h"

namespace quern::serve {

// Most characters of a text, and most of what a list may have.
inline constexpr int kMaxClaimCharacters = 5000;
inline constexpr int kMaxPremiseCharacters = 2000;
inline constexpr int kMaxQueryCharacters = 1000;
inline constexpr int kMaxEmbedTexts = 100;
inline constexpr int kMaxNliPairs = 50;
inline constexpr int kMaxEvidenceItems = 50;
inline constexpr int kMaxFoundItems = 100;
inline constexpr int kMaxCorpora = 16;
inline constexpr int kMaxGivenTexts = 100;
inline constexpr int kMaxGivenCharacters = 100'000;
inline constexpr std::size_t kMaxClaimId = 255;  // Bytes.

/// POST /claims.
struct ClaimRequest {
  std::string text;
  std::string source_url = {};
};
Problem parse_claim_request(std::string& body, ClaimRequest& out);

/// POST /claims/{id}/verify and /verify.
struct VerifyRequest {
  std::string claim_id = {};
  std::string claim_text = {};
  std::vector<std::string> corpus_ids = {};  // None: all that there are.
  // Just these are judged, no corpus is searched; unset: evidence is looked for.
  std::optional<std::vector<apps::GivenEvidence>> evidence = {};
  int n_evidence = 10;
  float threshold = 0.5f;  // Verdicts that are less sure are not given.
  bool wants_reasoning = true;
  store::Mode mode = store::Mode::kHybrid;
};
/// `claim_text` may be "" where the claim is known by its id.
Problem parse_verify_request(std::string& body, VerifyRequest& out);
/// The same again, for parse_verify_request.
std::string verify_request_json(const VerifyRequest& request);

/// POST /embed.
struct TextsRequest {
  std::vector<std::string> texts;
  std::string model = {};  // "": that of claims.
};
Problem parse_texts_request(std::string& body, TextsRequest& out);

/// POST /search.
struct EvidenceRequest {
  std::string query;
  int n_wanted = 10;
  store::Mode mode = store::Mode::kHybrid;
  float least_similarity = 0;
  std::string source_url = {};  // "": of any.
  std::vector<std::string> corpus_ids = {};
};
Problem parse_evidence_request(std::string& body, EvidenceRequest& out);

/// "hybrid", "vector" or "keyword".
const char* search_mode_name(store::Mode mode);

/// POST /nli: one pair.
Problem parse_nli_request(std::string& body, apps::NliPair& out);
/// POST /nli/batch: pairs as lists of two texts, or as objects.
Problem parse_nli_batch_request(std::string& body, std::vector<apps::NliPair>& out);

/// What is wrong with an id in a path: 422.
Problem id_problem(std::string_view id);

/// GET /claims?skip=N&limit=N.
struct PageRequest {
  int n_skipped = 0;
  int n_most = 20;
};
Problem parse_page_request(std::string_view query, PageRequest& out);

}  // namespace quern::serve
