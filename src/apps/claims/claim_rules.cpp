#include "apps/claims/claim_rules.h"

#include <algorithm>
#include <optional>
#include <span>
#include <unordered_set>

#include <fmt/format.h>

#include "apps/claims/rule_dates.h"
#include "apps/claims/rule_direction.h"
#include "apps/claims/rule_negation.h"
#include "apps/claims/rule_quantities.h"
#include "apps/claims/rule_text.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

// Each number of the claim is held against each of the sentence: a text of nothing but numbers
// does not get to cost its square.
constexpr std::size_t kMostCompared = 64;
// Words that both say, at least, so that they can differ about something.
constexpr std::size_t kLeastShared = 2;
constexpr double kLeastShare = 0.3;     // Of the words of the shorter one.
constexpr std::size_t kMostShown = 60;  // Bytes of a text within a reason.

using Stems = std::unordered_set<std::string_view>;

/// One side, read.
struct Side {
  RuleText text;
  Stems stems;
  std::vector<RuleDate> dates;
  std::vector<RuleQuantity> quantities;
  RuleNegations negations;
};

Side read_side(std::string_view text) {
  Side side;
  side.text = read_rule_text(text);
  for (const RuleToken& token : side.text.tokens) {
    if (!token.stem.empty()) side.stems.insert(token.stem);
  }
  side.dates = find_dates(side.text);
  side.quantities = find_quantities(side.text, side.dates);
  side.dates.resize(std::min(side.dates.size(), kMostCompared));
  side.quantities.resize(std::min(side.quantities.size(), kMostCompared));
  side.negations = find_negations(side.text);
  return side;
}

std::size_t n_shared_stems(const Stems& a, const Stems& b) {
  const Stems& shorter = a.size() <= b.size() ? a : b;
  const Stems& longer = a.size() <= b.size() ? b : a;
  return static_cast<std::size_t>(
      std::count_if(shorter.begin(), shorter.end(),
                    [&](std::string_view stem) { return longer.contains(stem); }));
}

std::string shown(const Side& side, ByteSpan span) {
  std::string_view bytes = side.text.bytes(span);
  std::string repaired;
  std::string out(repair_utf8(bytes, repaired));
  if (out.size() <= kMostShown) return out;
  std::size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
  return out.substr(0, end) + "...";
}

ClaimMismatch mismatch_of(MismatchKind kind, const Side& claim, ByteSpan in_claim,
                          const Side& sentence, ByteSpan in_sentence) {
  return {.kind = kind,
          .in_claim = in_claim,
          .in_sentence = in_sentence,
          .reason = fmt::format("the claim says {}, the sentence {}", shown(claim, in_claim),
                                shown(sentence, in_sentence))};
}

void find_date_mismatches(const Side& claim, const Side& sentence,
                          std::vector<ClaimMismatch>& out) {
  const auto n_shared = [](const RuleDate& a, const RuleDate& b) {
    return (a.year > 0 && a.year == b.year) + (a.month > 0 && a.month == b.month) +
           (a.day > 0 && a.day == b.day);
  };
  for (const RuleDate& date : claim.dates) {
    const RuleDate* nearest = nullptr;
    bool is_said = false;
    for (const RuleDate& other : sentence.dates) {
      is_said = is_said || is_same_date(date, other);
      if (nearest == nullptr || n_shared(date, other) > n_shared(date, *nearest)) nearest = &other;
    }
    if (is_said || nearest == nullptr) continue;
    out.push_back(mismatch_of(MismatchKind::kDate, claim, date.span, sentence, nearest->span));
  }
}

/// Words that both stand beside; 0 where both count something, and different things.
std::size_t n_shared_context(const RuleQuantity& a, const RuleQuantity& b) {
  const auto n_shared = [](const std::vector<std::string>& x, const std::vector<std::string>& y) {
    return static_cast<std::size_t>(std::count_if(x.begin(), x.end(), [&](const std::string& stem) {
      return std::find(y.begin(), y.end(), stem) != y.end();
    }));
  };
  const std::size_t n_after = n_shared(a.after, b.after);
  if (n_after == 0 && !a.after.empty() && !b.after.empty()) return 0;
  return n_after + n_shared(a.before, b.before);
}

/// The number with another unit behind it.
bool has_other_unit(const RuleQuantity& a, const RuleQuantity& b) {
  return a.unit != nullptr && b.unit != nullptr &&
         (a.unit->name != b.unit->name || a.per != b.per) && a.first == b.first && a.last == b.last;
}

void find_quantity_mismatches(const Side& claim, const Side& sentence,
                              std::vector<ClaimMismatch>& out) {
  for (const RuleQuantity& quantity : claim.quantities) {
    const RuleQuantity* nearest = nullptr;
    const RuleQuantity* other_unit = nullptr;
    std::size_t most = 0;
    bool is_said = false;
    for (const RuleQuantity& other : sentence.quantities) {
      const std::size_t n = n_shared_context(quantity, other);
      if (n > 0 && other_unit == nullptr && has_other_unit(quantity, other)) other_unit = &other;
      if (!is_same_kind(quantity, other)) continue;
      is_said = is_said || is_same_amount(quantity, other);
      if (n > most) {
        most = n;
        nearest = &other;
      }
    }
    if (is_said) continue;
    if (other_unit != nullptr) {
      out.push_back(
          mismatch_of(MismatchKind::kUnit, claim, quantity.span, sentence, other_unit->span));
    } else if (nearest != nullptr) {
      out.push_back(
          mismatch_of(MismatchKind::kNumber, claim, quantity.span, sentence, nearest->span));
    }
  }
}

/// Where `text` says a stem.
ByteSpan span_of(const RuleText& text, const std::string& stem) {
  const auto found = std::find_if(text.tokens.begin(), text.tokens.end(),
                                  [&](const RuleToken& token) { return token.stem == stem; });
  return found == text.tokens.end() ? ByteSpan{} : found->span;
}

/// The first word that `by` denies and `other` says without denying it.
std::optional<std::string> denied_alone(const RuleNegation& by, const Side& own,
                                        const Side& other) {
  const std::size_t n = std::min(by.scope.size(), by.n_first);
  for (std::size_t i = 0; i < n; ++i) {
    const auto there = other.negations.depth.find(by.scope[i]);
    if (there == other.negations.depth.end()) continue;
    const auto here = own.negations.depth.find(by.scope[i]);
    if (here->second % 2 == there->second % 2) return {};
    return by.scope[i];
  }
  return {};
}

void find_negation_mismatches(const Side& claim, const Side& sentence,
                              std::vector<ClaimMismatch>& out) {
  for (const RuleNegation& negation : claim.negations.negations) {
    const auto stem = denied_alone(negation, claim, sentence);
    if (!stem) continue;
    const ByteSpan said = span_of(sentence.text, *stem);
    out.push_back({.kind = MismatchKind::kNegation,
                   .in_claim = negation.span,
                   .in_sentence = said,
                   .reason = fmt::format("the claim denies ({}) what the sentence says: {}",
                                         shown(claim, negation.span), shown(sentence, said))});
    return;
  }
  for (const RuleNegation& negation : sentence.negations.negations) {
    const auto stem = denied_alone(negation, sentence, claim);
    if (!stem) continue;
    const ByteSpan said = span_of(claim.text, *stem);
    out.push_back({.kind = MismatchKind::kNegation,
                   .in_claim = said,
                   .in_sentence = negation.span,
                   .reason = fmt::format("the sentence denies ({}) what the claim says: {}",
                                         shown(sentence, negation.span), shown(claim, said))});
    return;
  }
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

bool PairReading::has(MismatchKind kind) const {
  return std::any_of(mismatches.begin(), mismatches.end(),
                     [kind](const ClaimMismatch& found) { return found.kind == kind; });
}

PairReading read_pair(std::string_view claim_text, std::string_view sentence_text) {
  const Side claim = read_side(claim_text);
  const Side sentence = read_side(sentence_text);
  PairReading out;
  out.n_claim_words = claim.stems.size();
  const std::size_t n_shared = n_shared_stems(claim.stems, sentence.stems);
  if (!claim.stems.empty()) {
    out.overlap = static_cast<double>(n_shared) / static_cast<double>(claim.stems.size());
  }
  out.direction = direction_of(claim.text) * direction_of(sentence.text);
  const std::size_t n_least = std::min(claim.stems.size(), sentence.stems.size());
  if (n_shared < kLeastShared ||
      static_cast<double>(n_shared) < kLeastShare * static_cast<double>(n_least)) {
    return out;
  }
  find_date_mismatches(claim, sentence, out.mismatches);
  find_quantity_mismatches(claim, sentence, out.mismatches);
  find_negation_mismatches(claim, sentence, out.mismatches);
  std::stable_sort(out.mismatches.begin(), out.mismatches.end(),
                   [](const ClaimMismatch& a, const ClaimMismatch& b) {
                     return a.in_claim.begin < b.in_claim.begin;
                   });
  return out;
}

std::vector<ClaimMismatch> find_mismatches(std::string_view claim, std::string_view sentence) {
  return read_pair(claim, sentence).mismatches;
}

}  // namespace quern::apps
