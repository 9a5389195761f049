#include "apps/claims/claim_rules.h"

#include <algorithm>
#include <array>

namespace quern::apps {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\''; }

bool negates(std::string_view word) {
  constexpr std::array<std::string_view, 6> kWords = {"no",      "not",    "never",
                                                      "without", "cannot", "neither"};
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower.ends_with("n't") || std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

std::vector<ByteSpan> negations_of(std::string_view text) {
  std::vector<ByteSpan> found;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_letter(text[end])) ++end;
    if (end > i && negates(text.substr(i, end - i))) found.push_back({i, end});
    i = std::max(end, i + 1);
  }
  return found;
}

}  // namespace

const char* mismatch_name(MismatchKind kind) {
  switch (kind) {
    case MismatchKind::kNumber:
      return "number";
    case MismatchKind::kDate:
      return "date";
    case MismatchKind::kUnit:
      return "unit";
    case MismatchKind::kNegation:
      break;
  }
  return "negation";
}

std::vector<ClaimMismatch> find_mismatches(std::string_view claim, std::string_view sentence) {
  const std::vector<ByteSpan> in_claim = negations_of(claim);
  const std::vector<ByteSpan> in_sentence = negations_of(sentence);
  if (in_claim.size() % 2 == in_sentence.size() % 2) return {};
  const bool is_of_claim = in_claim.size() % 2 == 1;
  return {{.kind = MismatchKind::kNegation,
           .in_claim = is_of_claim ? in_claim[0] : ByteSpan{},
           .in_sentence = is_of_claim ? ByteSpan{} : in_sentence[0],
           .reason = is_of_claim ? "the claim is negated, the sentence is not"
                                 : "the sentence is negated, the claim is not"}};
}

}  // namespace quern::apps
