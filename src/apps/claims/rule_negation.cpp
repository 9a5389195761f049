#include "apps/claims/rule_negation.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace quern::apps {
namespace {

constexpr std::size_t kScope = 6;
constexpr std::size_t kScopeTokens = 16;

constexpr std::array<std::string_view, 9> kDenying = {
    "not", "no", "never", "without", "cannot", "neither", "nor", "none", "unable"};
// Denying only with the word behind them.
constexpr std::array<std::string_view, 4> kFailing = {"fails", "failed", "fail", "failing"};
constexpr std::array<std::string_view, 6> kLacking = {"lack",   "lacks",   "lacking",
                                                      "lacked", "absence", "absent"};
constexpr std::array<std::string_view, 15> kClauseWords = {
    "but",     "although", "though", "however", "because", "which", "while", "whereas",
    "despite", "if",       "who",    "that",    "when",    "yet",   "unless"};

template <std::size_t n>
bool is_one_of(const RuleToken& token, const std::array<std::string_view, n>& words) {
  return token.kind == RuleTokenKind::kWord &&
         std::find(words.begin(), words.end(), token.text) != words.end();
}

bool ends_clause(const RuleText& text, std::size_t i) {
  const RuleToken& token = text.at(i);
  if (token.kind == RuleTokenKind::kMark) {
    return token.text == "," || token.text == ";" || token.text == "." || token.text == ":" ||
           token.text == "?" || token.text == "!";
  }
  return is_one_of(token, kClauseWords);
}

bool denies_thing(const RuleToken& token) {
  return token.text == "without" || is_one_of(token, kLacking);
}

/// Tokens of a negation at `i`; 0 where there is none.
std::size_t negation_at(const RuleText& text, std::size_t i) {
  const RuleToken& token = text.at(i);
  if (token.kind != RuleTokenKind::kWord) return 0;
  const bool is_not = token.text == "not" || token.text == "no";
  if (is_not &&
      (text.is_word(i + 1, "only") || text.is_word(i + 1, "just") || text.is_word(i + 2, "than"))) {
    return 0;
  }
  if (token.text == "no" && text.is_word(i + 1, "longer")) return 2;
  if (is_one_of(token, kDenying)) return 1;
  if (token.text.size() > 3 && token.text.ends_with("n't")) return 1;
  if (is_one_of(token, kFailing) && text.is_word(i + 1, "to")) return 2;
  if (is_one_of(token, kLacking)) return text.is_word(i + 1, "of") ? 2 : 1;
  return 0;
}

}  // namespace

RuleNegations find_negations(const RuleText& text) {
  RuleNegations out;
  std::vector<int> depth(text.tokens.size(), 0);
  for (std::size_t i = 0; i < text.tokens.size();) {
    const std::size_t n = negation_at(text, i);
    if (n == 0) {
      ++i;
      continue;
    }
    RuleNegation found = {.span = {text.at(i).span.begin, text.at(i + n - 1).span.end}};
    if (denies_thing(text.at(i))) found.n_first = 1;
    const std::size_t last = std::min(i + n + kScopeTokens, text.tokens.size());
    for (std::size_t k = i + n; k < last && found.scope.size() < kScope; ++k) {
      if (ends_clause(text, k)) break;
      ++depth[k];
      // Another negation is no word of what this one denies.
      if (!text.at(k).stem.empty() && negation_at(text, k) == 0) {
        found.scope.push_back(text.at(k).stem);
      }
    }
    out.negations.push_back(std::move(found));
    i += n;
  }
  for (std::size_t i = 0; i < depth.size(); ++i) {
    const std::string& stem = text.tokens[i].stem;
    if (stem.empty()) continue;
    int& most = out.depth[stem];
    most = std::max(most, depth[i]);
  }
  return out;
}

}  // namespace quern::apps
