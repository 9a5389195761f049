#include "apps/papers/citation_intents.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/paper_identity.h"

namespace quern::apps {
namespace {

struct IntentWords {
  const char* intent;
  std::vector<std::string_view> words;  // As they begin.
};

std::string intent_of_heading(std::string_view heading) {
  static const std::vector<IntentWords> known = {
      {"background",
       {"introduction", "related", "previous", "prior", "background", "motivation", "literature",
        "overview"}},
      {"result", {"result", "experiment", "evaluation", "comparison", "finding", "performance"}},
      {"methodology",
       {"method", "approach", "model", "algorithm", "implementation", "materials", "architecture",
        "training", "procedure", "setup"}},
  };
  const std::string key = title_key(heading);
  for (const std::string_view word : words_of_key(key)) {
    for (const IntentWords& one : known) {
      const bool is_one =
          std::any_of(one.words.begin(), one.words.end(),
                      [&](std::string_view beginning) { return word.starts_with(beginning); });
      if (is_one) return one.intent;
    }
  }
  return "";
}

/// With one blank where there are several, as citing sentences are kept.
std::string with_single_blanks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!is_blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

}  // namespace

void add_intents_by_section(Paper& paper) {
  struct Place {
    std::string text;
    std::string intent;
  };
  std::vector<Place> places;
  for (const PaperSection& section : paper.sections) {
    std::string intent = intent_of_heading(section.heading);
    if (!intent.empty()) places.push_back({with_single_blanks(section.text), std::move(intent)});
  }
  if (places.empty()) return;
  for (PaperReference& reference : paper.references) {
    reference.intents.resize(reference.contexts.size());
    for (std::size_t i = 0; i < reference.contexts.size(); ++i) {
      if (!reference.intents[i].empty() || reference.contexts[i].empty()) continue;
      const auto place = std::find_if(places.begin(), places.end(), [&](const Place& one) {
        return one.text.find(reference.contexts[i]) != std::string::npos;
      });
      if (place != places.end()) reference.intents[i] = {place->intent};
    }
  }
}

}  // namespace quern::apps
