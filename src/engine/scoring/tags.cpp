#include "engine/scoring/tags.h"

#include <string_view>

#include "base/check.h"
#include "engine/scoring/scores.h"

namespace quern::engine {
namespace {

constexpr std::string_view kOutside = "O";

bool begins(std::string_view label) { return label.starts_with("B-"); }

std::string_view stem(std::string_view label) {
  return begins(label) || label.starts_with("I-") ? label.substr(2) : label;
}

}  // namespace

std::vector<Tag> token_tags(std::span<const std::string> labels, const Outcome& outcome) {
  QUERN_CHECK(outcome.values.size() == outcome.spans.size() * labels.size());
  std::vector<Tag> out;
  for (std::size_t i = 0; i < outcome.spans.size(); ++i) {
    const auto logits = std::span(outcome.values).subspan(i * labels.size(), labels.size());
    const std::size_t best = best_first(logits)[0];
    out.push_back({.label = labels[best],
                   .score = scores_of(logits, Scale::kSoftmax)[best],
                   .bytes = outcome.spans[i]});
  }
  return out;
}

std::vector<Tag> joined_tags(std::span<const Tag> tokens) {
  std::vector<Tag> out;
  for (std::size_t first = 0; first < tokens.size();) {
    std::size_t end = first + 1;
    while (end < tokens.size() && !begins(tokens[end].label) &&
           stem(tokens[end].label) == stem(tokens[first].label)) {
      ++end;
    }
    double sum = 0;
    for (std::size_t i = first; i < end; ++i) sum += tokens[i].score;
    // The library's name of a stretch: what stands behind the first dash, if there is one.
    const std::string& label = tokens[first].label;
    const std::string name = label.substr(label.find('-') + 1);
    if (name != kOutside) {
      out.push_back({.label = name,
                     .score = static_cast<float>(sum / static_cast<double>(end - first)),
                     .bytes = {tokens[first].bytes.begin, tokens[end - 1].bytes.end}});
    }
    first = end;
  }
  return out;
}

}  // namespace quern::engine
