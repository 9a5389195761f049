#include "engine/scoring/zero_shot.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.h"
#include "engine/scoring/scores.h"

namespace quern::engine {
namespace {

bool begins_with(const std::string& label, std::string_view beginning) {
  return label.size() >= beginning.size() &&
         std::equal(beginning.begin(), beginning.end(), label.begin(), [](char want, char got) {
           return want == (got >= 'A' && got <= 'Z' ? static_cast<char>(got - 'A' + 'a') : got);
         });
}

/// The one label of that beginning; none where there is no such label, or there are several.
std::optional<std::size_t> find_only(std::span<const std::string> labels,
                                     std::string_view beginning) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!begins_with(labels[i], beginning)) continue;
    if (found) return {};
    found = i;
  }
  return found;
}

}  // namespace

std::vector<std::string> ZeroShot::hypotheses() const {
  const std::size_t at = hypothesis.find(kLabelPlace);
  QUERN_CHECK(at != std::string::npos);
  std::vector<std::string> made;
  made.reserve(labels.size());
  for (const std::string& label : labels) {
    made.push_back(std::string(hypothesis).replace(at, kLabelPlace.size(), label));
  }
  return made;
}

Status check_labels(std::span<const std::string> labels) {
  if (labels.empty()) return {Code::kBadInput, "there are no labels, want at least one"};
  std::set<std::string_view> seen;
  for (const std::string& label : labels) {
    if (label.empty()) return {Code::kBadInput, "a label is empty, want a word or a phrase"};
    if (!seen.insert(label).second) {
      return {Code::kBadInput, fmt::format("label '{}' is there twice", label)};
    }
  }
  return {};
}

Status check_hypothesis(std::string_view hypothesis) {
  const std::size_t at = hypothesis.find(kLabelPlace);
  const bool has_one = at != std::string_view::npos &&
                       hypothesis.find(kLabelPlace, at + 1) == std::string_view::npos;
  if (has_one) return {};
  return {Code::kBadInput,
          fmt::format("is '{}', want one {{}} in it, where a label goes", hypothesis)};
}

Result<EntailmentLabels> find_entailment(std::span<const std::string> labels) {
  const auto entailment = find_only(labels, "entail");
  auto contradiction = find_only(labels, "contradict");
  auto neutral = find_only(labels, "neutral");
  if (entailment && labels.size() == 2 && !contradiction) {
    contradiction = neutral = 1 - *entailment;
  }
  if (entailment && contradiction) return EntailmentLabels{*entailment, *contradiction, neutral};
  return Status(
      Code::kBadInput,
      fmt::format("its labels are '{}', want one that is named entailment and one "
                  "contradiction",
                  fmt::join(labels.first(std::min<std::size_t>(labels.size(), 10)), "', '")));
}

std::vector<float> zero_shot_scores(const ZeroShot& asked, const EntailmentLabels& labels,
                                    std::span<const std::vector<float>> logits) {
  QUERN_CHECK(logits.size() == asked.labels.size());
  std::vector<float> scores;
  for (const std::vector<float>& row : logits) {
    const float entailment = row[labels.entailment];
    if (asked.judges_each()) {
      const std::array both = {entailment, row[labels.contradiction]};
      scores.push_back(scores_of(both, Scale::kSoftmax)[0]);
    } else {
      scores.push_back(entailment);
    }
  }
  return asked.judges_each() ? scores : scores_of(scores, Scale::kSoftmax);
}

}  // namespace quern::engine
