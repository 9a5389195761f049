#include "apps/claims/claim_parts.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>

#include "apps/claims/rule_text.h"
#include "text/analysis/stem.h"

namespace quern::apps {
namespace {

// Words between a conjunction and its verb: a longer subject is not surely one.
constexpr std::size_t kLongestSubject = 8;

constexpr auto kAuxiliaries = std::to_array<std::string_view>(
    {"is", "are", "was", "were", "has", "have", "had", "does", "do", "did", "can", "cannot",
     "could", "may", "might", "will", "would", "should", "must"});
// Where they stand with "s" or "ed" at their end.
constexpr auto kVerbs = std::to_array<std::string_view>(
    {"increase", "decrease",   "reduce",    "raise",    "lower",    "cause",   "prevent",
     "inhibit",  "induce",     "promote",   "improve",  "lead",     "result",  "affect",
     "require",  "contain",    "produce",   "activate", "suppress", "protect", "impair",
     "enhance",  "block",      "regulate",  "bind",     "encode",   "express", "predict",
     "delay",    "accelerate", "stimulate", "trigger",  "win",      "build",   "found",
     "invent",   "discover",   "live",      "die",      "sell",     "cost",    "begin",
     "end",      "open",       "close",     "play",     "write",    "kill",    "worsen",
     "shorten",  "extend",     "grow",      "fall",     "rise",     "remain",  "become"});
constexpr auto kIrregular = std::to_array<std::string_view>(
    {"led", "won", "built", "wrote", "began", "became", "grew", "fell", "rose", "sold", "bound"});
// Behind these stands a noun, whatever it looks like.
constexpr auto kBeforeNouns = std::to_array<std::string_view>(
    {"the", "a", "an", "of", "in", "for", "with", "by", "to", "from", "no", "its", "their", "more",
     "and", "or", "on", "at"});
constexpr auto kKeepsWhole = std::to_array<std::string_view>(
    {"if",      "when",    "unless", "because", "that",    "which",    "who",    "whose",
     "whether", "between", "both",   "either",  "neither", "although", "though", "since",
     "after",   "before",  "until",  "so",      "than",    "not",      "never",  "without"});

template <std::size_t n>
bool is_one_of(const RuleToken& token, const std::array<std::string_view, n>& words) {
  return token.kind == RuleTokenKind::kWord &&
         std::find(words.begin(), words.end(), token.text) != words.end();
}

bool is_verb_form(const RuleToken& token) {
  static const std::unordered_set<std::string> stems = [] {
    text::PorterStemmer stemmer;
    std::unordered_set<std::string> out;
    for (const std::string_view verb : kVerbs) out.emplace(stemmer.stem(verb));
    return out;
  }();
  if (is_one_of(token, kAuxiliaries) || is_one_of(token, kIrregular)) return true;
  const bool is_finite = token.text.ends_with("s") || token.text.ends_with("ed");
  return token.kind == RuleTokenKind::kWord && is_finite && stems.contains(token.stem);
}

bool is_verb(const RuleText& text, std::size_t i) {
  return is_verb_form(text.at(i)) && !(i > 0 && is_one_of(text.at(i - 1), kBeforeNouns));
}

/// Tokens [begin, end).
struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::optional<std::size_t> first_verb(const RuleText& text, Stretch in) {
  for (std::size_t i = in.begin; i < in.end; ++i) {
    // The verb of the clause itself, whatever stood before the conjunction.
    if (i == in.begin ? is_verb_form(text.at(i)) : is_verb(text, i)) return i;
  }
  return {};
}

bool is_conjunction(const RuleText& text, std::size_t i) {
  static constexpr auto kWords =
      std::to_array<std::string_view>({"and", "but", "while", "whereas"});
  return text.is_mark(i, ";") || is_one_of(text.at(i), kWords);
}

bool keeps_whole(const RuleText& text) {
  return std::any_of(text.tokens.begin(), text.tokens.end(), [](const RuleToken& token) {
    return is_one_of(token, kKeepsWhole) || token.text.ends_with("n't") || token.text == "\"" ||
           token.text == "(" || token.text == "?";
  });
}

/// Without commas at its ends, nor a full stop.
Stretch trimmed(const RuleText& text, Stretch in) {
  const auto is_edge = [&](std::size_t i) {
    return text.is_mark(i, ",") || text.is_mark(i, ".") || text.is_mark(i, ";");
  };
  while (in.begin < in.end && is_edge(in.begin)) ++in.begin;
  while (in.begin < in.end && is_edge(in.end - 1)) --in.end;
  return in;
}

ByteSpan span_of(const RuleText& text, Stretch in) {
  return {text.at(in.begin).span.begin, text.at(in.end - 1).span.end};
}

/// The clauses between conjunctions behind which a statement begins; empty where there is just one.
std::vector<Stretch> clauses_of(const RuleText& text) {
  std::vector<Stretch> out;
  std::size_t begin = 0;
  for (std::size_t i = 1; i + 1 < text.tokens.size(); ++i) {
    if (!is_conjunction(text, i)) continue;
    std::size_t after = i + 1;
    if (text.is_mark(i, ";") && is_conjunction(text, after)) ++after;
    const Stretch left = trimmed(text, {begin, i});
    const Stretch right = {after, std::min(after + kLongestSubject, text.tokens.size())};
    const auto verb = first_verb(text, right);
    const auto before = first_verb(text, left);
    const bool has_subject = before && *before > left.begin;
    if (!verb || !before || (out.empty() && !has_subject)) continue;
    // "A and B are C": what stands before the verb has to be a statement already. A conjunction or
    // comma within the new subject makes it unsure.
    const bool is_plain = std::none_of(
        text.tokens.begin() + static_cast<std::ptrdiff_t>(after),
        text.tokens.begin() + static_cast<std::ptrdiff_t>(*verb),
        [](const RuleToken& token) { return token.text == "and" || token.text == ","; });
    if (!is_plain) continue;
    out.push_back(left);
    begin = after;
    i = after - 1;
  }
  if (!out.empty()) out.push_back(trimmed(text, {begin, text.tokens.size()}));
  return out;
}

}  // namespace

std::vector<ClaimPart> split_claim(std::string_view claim) {
  const ClaimPart whole = {std::string(claim), {0, claim.size()}};
  const RuleText text = read_rule_text(claim);
  if (keeps_whole(text)) return {whole};
  const std::vector<Stretch> clauses = clauses_of(text);
  if (clauses.size() < 2 || clauses.size() > kMostClaimParts) return {whole};
  std::string subject;
  std::vector<ClaimPart> parts;
  for (const Stretch clause : clauses) {
    if (clause.begin >= clause.end) return {whole};
    const auto verb = first_verb(text, clause);
    if (!verb) return {whole};
    const ByteSpan span = span_of(text, clause);
    const std::string own(text.bytes(span));
    if (*verb > clause.begin) {
      subject = text.bytes(span_of(text, {clause.begin, *verb}));
      parts.push_back({own, span});
    } else {
      parts.push_back({subject + " " + own, span});
    }
  }
  return parts;
}

}  // namespace quern::apps
