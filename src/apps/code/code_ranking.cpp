#include "apps/code/code_ranking.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/code/code_filter.h"
#include "text/analysis/code_words.h"

namespace quern::apps {
namespace {

// Words that ask, and those that join; sorted.
constexpr std::array kAskingWords = {
    "a",    "an",   "and",   "are",  "as",     "at",    "be",   "been", "between", "but",   "by",
    "did",  "do",   "does",  "done", "during", "each",  "for",  "from", "how",     "if",    "in",
    "into", "is",   "it",    "its",  "no",     "not",   "of",   "on",   "or",      "per",   "such",
    "that", "the",  "their", "then", "there",  "these", "they", "this", "to",      "using", "via",
    "was",  "were", "what",  "when", "where",  "which", "who",  "why",  "will",    "with"};

bool is_asking_word(std::string_view word) {
  return std::binary_search(kAskingWords.begin(), kAskingWords.end(), word);
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter_byte(char c) {
  return is_upper(c) || is_lower(c) || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 128;
}
bool is_name_byte(char c) { return is_letter_byte(c) || (c >= '0' && c <= '9'); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = is_upper(c) ? static_cast<char>(c + 32) : c;
  return out;
}

// Letters and digits alone, in lower case: Foo_bar and fooBar are one.
std::string squeezed(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c != '_' && c != '-' && c != '.')
      out.push_back(is_upper(c) ? static_cast<char>(c + 32) : c);
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

// "name", "a.b", "A::b", "A#b", "a->b", each perhaps with "()" behind it. The last name, or "".
std::string_view symbol_of(std::string_view question) {
  std::string_view rest = trimmed(question);
  if (rest.ends_with("()")) rest.remove_suffix(2);
  std::string_view name;
  while (!rest.empty()) {
    if (!is_letter_byte(rest[0])) return {};
    std::size_t end = 1;
    while (end < rest.size() && is_name_byte(rest[end])) ++end;
    name = rest.substr(0, end);
    rest.remove_prefix(end);
    if (rest.empty()) return name;
    std::size_t n_joins = 0;
    while (n_joins < rest.size() &&
           (rest[n_joins] == '.' || rest[n_joins] == ':' || rest[n_joins] == '#' ||
            rest[n_joins] == '-' || rest[n_joins] == '>')) {
      ++n_joins;
    }
    const std::string_view joint = rest.substr(0, n_joins);
    if (joint != "." && joint != "::" && joint != "#" && joint != "->" && joint != ":") return {};
    rest.remove_prefix(n_joins);
  }
  return {};
}

// A word that is written like a name of code, not like one of a sentence.
bool is_name_like(std::string_view word, bool is_first) {
  if (word.find('_') != std::string_view::npos && word.size() > 1) return true;
  bool has_lower = false, has_inner_upper = false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    has_lower = has_lower || is_lower(word[i]);
    has_inner_upper = has_inner_upper || (i > 0 && is_upper(word[i]));
  }
  if (has_lower && has_inner_upper) return true;
  return !is_first && has_lower && is_upper(word[0]);
}

std::string_view name_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view stem_of_path(std::string_view path) {
  const std::string_view name = name_of(path);
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name : name.substr(0, dot);
}

bool has_any(const std::vector<std::string>& stems, std::initializer_list<std::string_view> any) {
  return std::any_of(any.begin(), any.end(), [&](std::string_view stem) {
    return std::binary_search(stems.begin(), stems.end(), stem);
  });
}

/// Of one question over its candidates.
class Ranking {
 public:
  Ranking(const CodeQuestion& question, const std::vector<CodeCandidate>& candidates,
          const CodeWeights& weights, CodeQuestionReader& reader)
      : question_(question), candidates_(candidates), weights_(weights), reader_(reader) {}

  std::vector<RankedCode> rank(std::size_t n_wanted);

 private:
  /// What holds for all pieces of a file.
  struct File {
    double name = 0;       // Share of its name's words that are in the question.
    bool is_name = false;  // It is called what was asked for.
    double sum = 0;        // Of its candidates.
  };

  void look_at_files();
  double definition_of(const CodeCandidate& candidate, const File& file) const;
  double factor_of(FileRole role) const;

  const CodeQuestion& question_;
  const std::vector<CodeCandidate>& candidates_;
  const CodeWeights& weights_;
  CodeQuestionReader& reader_;
  std::unordered_map<std::string_view, File> files_;
  double largest_sum_ = 0;
};

void Ranking::look_at_files() {
  const std::string wanted = squeezed(question_.name);
  for (const CodeCandidate& candidate : candidates_) {
    const auto [entry, is_new] = files_.try_emplace(candidate.path);
    File& file = entry->second;
    file.sum += candidate.base;
    largest_sum_ = std::max(largest_sum_, file.sum);
    if (!is_new) continue;
    const std::string_view stem = stem_of_path(candidate.path);
    file.is_name = question_.is_symbol && squeezed(stem) == wanted;
    const std::vector<std::string> words = reader_.stems(stem);
    if (words.empty()) continue;
    const auto n_found = std::count_if(words.begin(), words.end(), [&](const std::string& word) {
      return std::binary_search(question_.stems.begin(), question_.stems.end(), word);
    });
    file.name = static_cast<double>(n_found) / static_cast<double>(words.size());
  }
}

double Ranking::definition_of(const CodeCandidate& candidate, const File& file) const {
  const auto defines = [&](std::string_view name) {
    return std::find(candidate.defines.begin(), candidate.defines.end(), name) !=
           candidate.defines.end();
  };
  if (question_.is_symbol) {
    double out = file.is_name ? weights_.file_of_name : 0;
    if (defines(question_.name)) return out + weights_.definition;
    const std::string wanted = lower(question_.name);
    const bool has_other_case =
        std::any_of(candidate.defines.begin(), candidate.defines.end(),
                    [&](const std::string& name) { return lower(name) == wanted; });
    return has_other_case ? out + weights_.definition_any_case : out;
  }
  if (question_.names.empty()) return 0;
  const auto n = std::count_if(question_.names.begin(), question_.names.end(), defines);
  return weights_.named_definition * static_cast<double>(n) /
         static_cast<double>(question_.names.size());
}

double Ranking::factor_of(FileRole role) const {
  switch (role) {
    case FileRole::kCode:
      return 1;
    case FileRole::kTest:
      return question_.asks_for_tests ? 1 : weights_.test;
    case FileRole::kExample:
      return question_.asks_for_examples ? 1 : weights_.example;
    case FileRole::kDocs:
      return question_.asks_for_docs ? 1 : weights_.docs;
    case FileRole::kConfig:
      return question_.asks_for_config ? 1 : weights_.config;
    case FileRole::kVendored:
      return weights_.vendored;
    case FileRole::kGenerated:
      return weights_.generated;
  }
  return 1;
}

std::vector<RankedCode> Ranking::rank(std::size_t n_wanted) {
  look_at_files();
  std::vector<RankedCode> out(candidates_.size());
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const CodeCandidate& candidate = candidates_[i];
    const File& file = files_.at(candidate.path);
    RankedCode& ranked = out[i];
    ranked.i = i;
    ranked.definition = definition_of(candidate, file);
    ranked.file_name = weights_.file_name * file.name;
    ranked.coherence = largest_sum_ > 0 ? weights_.coherence * file.sum / largest_sum_ : 0;
    ranked.role = factor_of(candidate.role);
    // Who asks by name wants that name, if it is in a test alone: definitions are first anyway.
    if (question_.is_symbol) ranked.role = std::sqrt(ranked.role);
    ranked.score =
        (candidate.base + ranked.definition + ranked.file_name + ranked.coherence) * ranked.role;
  }
  const auto is_before = [](const RankedCode& a, const RankedCode& b) {
    return a.score != b.score ? a.score > b.score : a.i < b.i;
  };
  std::sort(out.begin(), out.end(), is_before);
  std::unordered_map<std::string_view, double> repetitions;
  for (RankedCode& ranked : out) {
    double& factor = repetitions.try_emplace(candidates_[ranked.i].path, 1.0).first->second;
    ranked.repetition = factor;
    ranked.score *= factor;
    factor *= weights_.repetition;
  }
  std::sort(out.begin(), out.end(), is_before);
  if (out.size() > n_wanted) out.resize(n_wanted);
  return out;
}

constexpr std::pair<std::string_view, double CodeWeights::*> kWeights[] = {
    {"dense_of_words", &CodeWeights::dense_of_words},
    {"dense_of_symbol", &CodeWeights::dense_of_symbol},
    {"definition", &CodeWeights::definition},
    {"definition_any_case", &CodeWeights::definition_any_case},
    {"file_of_name", &CodeWeights::file_of_name},
    {"named_definition", &CodeWeights::named_definition},
    {"file_name", &CodeWeights::file_name},
    {"coherence", &CodeWeights::coherence},
    {"test", &CodeWeights::test},
    {"example", &CodeWeights::example},
    {"docs", &CodeWeights::docs},
    {"config", &CodeWeights::config},
    {"vendored", &CodeWeights::vendored},
    {"generated", &CodeWeights::generated},
    {"repetition", &CodeWeights::repetition}};

}  // namespace

Result<CodeWeights> weights_from_text(std::string_view text) {
  CodeWeights out;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const std::size_t sign = part.find('=');
    const std::string_view name = part.substr(0, sign);
    const auto known = std::find_if(std::begin(kWeights), std::end(kWeights),
                                    [&](const auto& weight) { return weight.first == name; });
    double value = -1;
    if (sign != std::string_view::npos) {
      const char* end = part.data() + part.size();
      const auto read = std::from_chars(part.data() + sign + 1, end, value);
      if (read.ec != std::errc() || read.ptr != end) value = -1;
    }
    if (known == std::end(kWeights) || !(value >= 0 && value <= 100)) {
      std::vector<std::string_view> names;
      for (const auto& weight : kWeights) names.push_back(weight.first);
      return Status{Code::kBadInput, fmt::format("'{}': want NAME=NUMBER from 0 to 100, of {}",
                                                 part, fmt::join(names, ", "))};
    }
    out.*(known->second) = value;
  }
  if (out.dense_of_words > 1 || out.dense_of_symbol > 1) {
    return Status{Code::kBadInput, "a share of the vectors is above 1"};
  }
  return out;
}

std::vector<std::string> CodeQuestionReader::stems(std::string_view text) {
  std::set<std::string> out;
  analyzer_.analyze(text, [&](const text::Term& term) {
    if (term.text.starts_with('~')) out.emplace(term.text.substr(1));
  });
  return {out.begin(), out.end()};
}

CodeQuestion CodeQuestionReader::read(std::string_view question, std::string_view main_language) {
  CodeQuestion out;
  out.name = symbol_of(question);
  out.is_symbol = !out.name.empty();
  const auto is_main = [&](const std::string& word) {
    return !main_language.empty() && language_from_name(word) == main_language;
  };
  std::string kept;
  bool is_first = true;
  for (std::size_t pos = 0; const auto span = text::next_identifier(question, pos);) {
    pos = span->end;
    const std::string_view word = question.substr(span->begin, span->end - span->begin);
    if (!out.is_symbol && is_name_like(word, is_first)) out.names.emplace_back(word);
    is_first = false;
    const std::string small = lower(word);
    if (is_asking_word(small)) continue;
    if (!out.is_symbol && is_main(small)) continue;
    if (!kept.empty()) kept += ' ';
    kept += word;
  }
  out.words = kept.empty() ? std::string(question) : kept;
  out.stems = stems(out.words);
  out.asks_for_tests = has_any(out.stems, {"test", "unittest"});
  out.asks_for_docs = has_any(out.stems, {"doc", "readm", "changelog", "licens"});
  out.asks_for_config = has_any(out.stems, {"yaml", "toml", "makefil", "dockerfil", "workflow"});
  out.asks_for_examples = has_any(out.stems, {"exampl", "demo", "sampl", "benchmark"});
  return out;
}

std::vector<RankedCode> rank_code(const CodeQuestion& question,
                                  const std::vector<CodeCandidate>& candidates,
                                  const CodeWeights& weights, std::size_t n_wanted,
                                  CodeQuestionReader& reader) {
  return Ranking(question, candidates, weights, reader).rank(n_wanted);
}

}  // namespace quern::apps
