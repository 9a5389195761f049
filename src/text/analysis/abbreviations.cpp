#include "text/analysis/abbreviations.h"

#include <algorithm>
#include <array>
#include <string>

namespace quern::text {
namespace {

// Each list is sorted.
constexpr std::array kTitles = std::to_array<std::string_view>(
    {"adm", "approx", "ca",   "capt", "cf",  "cmdr", "col",  "dr",  "drs", "e.g", "eg",
     "esp", "gen",    "gov",  "hon",  "i.e", "ie",   "incl", "lt",  "maj", "mr",  "mrs",
     "ms",  "mt",     "pres", "prof", "rep", "rev",  "sen",  "sgt", "st",  "viz", "vs"});

constexpr std::array kReferences = std::to_array<std::string_view>(
    {"app", "apps", "art", "ch", "chap", "eq",   "eqn", "eqs",  "fig",   "figs", "no",  "nos", "nr",
     "p",   "para", "pp",  "pt", "ref",  "refs", "sec", "sect", "suppl", "tab",  "vol", "vols"});

constexpr std::array kMaybes = std::to_array<std::string_view>(
    {"a.m",  "al",   "apr", "assn", "aug", "ave", "bros", "co",    "corp", "dec",
     "dept", "ed",   "eds", "est",  "etc", "feb", "ft",   "inc",   "jan",  "jr",
     "jul",  "jun",  "ltd", "mar",  "nov", "oct", "op",   "p.m",   "ph.d", "resp",
     "sep",  "sept", "sp",  "spp",  "sq",  "sr",  "ssp",  "subsp", "univ", "var"});

constexpr std::array kBeginnings = std::to_array<std::string_view>({"A",
                                                                    "Additionally",
                                                                    "After",
                                                                    "All",
                                                                    "Although",
                                                                    "Among",
                                                                    "An",
                                                                    "And",
                                                                    "As",
                                                                    "At",
                                                                    "Background",
                                                                    "Based",
                                                                    "Because",
                                                                    "Before",
                                                                    "Both",
                                                                    "But",
                                                                    "By",
                                                                    "Compared",
                                                                    "Conclusion",
                                                                    "Conclusions",
                                                                    "Consequently",
                                                                    "Conversely",
                                                                    "Despite",
                                                                    "During",
                                                                    "Each",
                                                                    "Finally",
                                                                    "First",
                                                                    "For",
                                                                    "From",
                                                                    "Furthermore",
                                                                    "Given",
                                                                    "Had",
                                                                    "Has",
                                                                    "Have",
                                                                    "He",
                                                                    "Hence",
                                                                    "Her",
                                                                    "Here",
                                                                    "His",
                                                                    "How",
                                                                    "However",
                                                                    "I",
                                                                    "If",
                                                                    "Importantly",
                                                                    "In",
                                                                    "Indeed",
                                                                    "Interestingly",
                                                                    "Is",
                                                                    "It",
                                                                    "Its",
                                                                    "Many",
                                                                    "Methods",
                                                                    "More",
                                                                    "Moreover",
                                                                    "Most",
                                                                    "Nevertheless",
                                                                    "No",
                                                                    "None",
                                                                    "Notably",
                                                                    "Objective",
                                                                    "Objectives",
                                                                    "Of",
                                                                    "On",
                                                                    "One",
                                                                    "Only",
                                                                    "Our",
                                                                    "Over",
                                                                    "Overall",
                                                                    "Patients",
                                                                    "Purpose",
                                                                    "Results",
                                                                    "Second",
                                                                    "Several",
                                                                    "She",
                                                                    "Similarly",
                                                                    "Since",
                                                                    "So",
                                                                    "Some",
                                                                    "Such",
                                                                    "Surprisingly",
                                                                    "Taken",
                                                                    "That",
                                                                    "The",
                                                                    "Their",
                                                                    "Then",
                                                                    "There",
                                                                    "Therefore",
                                                                    "These",
                                                                    "They",
                                                                    "This",
                                                                    "Those",
                                                                    "Though",
                                                                    "Three",
                                                                    "Through",
                                                                    "Thus",
                                                                    "To",
                                                                    "Together",
                                                                    "Two",
                                                                    "Under",
                                                                    "Unlike",
                                                                    "Until",
                                                                    "Using",
                                                                    "We",
                                                                    "What",
                                                                    "When",
                                                                    "Where",
                                                                    "Whether",
                                                                    "Which",
                                                                    "While",
                                                                    "Who",
                                                                    "Why",
                                                                    "With",
                                                                    "Within",
                                                                    "Yet",
                                                                    "You"});

static_assert(std::is_sorted(kTitles.begin(), kTitles.end()));
static_assert(std::is_sorted(kReferences.begin(), kReferences.end()));
static_assert(std::is_sorted(kMaybes.begin(), kMaybes.end()));
static_assert(std::is_sorted(kBeginnings.begin(), kBeginnings.end()));

template <std::size_t n>
bool is_among(const std::array<std::string_view, n>& list, std::string_view word) {
  return std::binary_search(list.begin(), list.end(), word);
}

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// "U.S", "i.v", "J.-P": letters one by one.
bool is_dotted(std::string_view word) {
  int n_letters = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (is_ascii_letter(word[i])) {
      if (i + 1 < word.size() && word[i + 1] != '.') return false;
      ++n_letters;
    } else if (word[i] != '.' && word[i] != '-') {
      return false;
    }
  }
  return n_letters > 1;
}

}  // namespace

StopWord stop_word(std::string_view word) {
  if (word.size() > 6 && !is_dotted(word)) return StopWord::kPlain;
  const bool is_acronym = word.size() > 1 && std::all_of(word.begin(), word.end(), [](char c) {
                            return c >= 'A' && c <= 'Z';
                          });
  if (is_acronym) return StopWord::kPlain;
  std::string lower;
  for (const char c : word) {
    lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
  }
  if (is_among(kTitles, lower)) return StopWord::kTitle;
  if (is_among(kReferences, lower)) return StopWord::kReference;
  const bool is_initial = word.size() == 1 && is_ascii_letter(word[0]) && word[0] != 'I';
  if (is_initial || is_among(kMaybes, lower) || is_dotted(word)) return StopWord::kMaybe;
  return StopWord::kPlain;
}

bool begins_sentences(std::string_view word) { return is_among(kBeginnings, word); }

}  // namespace quern::text
