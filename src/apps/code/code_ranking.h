// From what both sides of a search found to the order in which a person wants pieces of code:
// definitions of what was named first, files that are about the question before those that mention
// it, tests, examples, documents and generated code later, not ten pieces of one file. A pure
// function of a question and its candidates. docs/code_search.md has the measurements.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/code/file_kind.h"
#include "base/status.h"
#include "text/analysis/analyzer.h"

namespace quern::apps {

/// How much each observation weighs; 0 leaves it out, of factors 1 does.
struct CodeWeights {
  double dense_of_words = 0.8;   // Share of the vectors' side where a question is in words,
  double dense_of_symbol = 0.3;  // and where it is a name.
  double definition = 1.0;       // The piece defines the name that was asked for,
  double definition_any_case = 0.7;
  double file_of_name = 0.5;      // its file has that name,
  double named_definition = 0.3;  // or it defines names that a question mentions.
  double file_name = 0.3;         // Words of the file's name that are in the question.
  double coherence = 0.2;         // Candidates of the same file.
  double test = 0.4;              // Factors of roles that were not asked for.
  double example = 0.5;
  double docs = 0.5;
  double config = 0.5;
  double vendored = 0.3;
  double generated = 0.3;
  double repetition = 0.5;  // Factor of each further piece of a file.

  bool operator==(const CodeWeights&) const = default;
};

/// "coherence=0,test=1": the others stay. Errors: kBadInput naming the known ones.
Result<CodeWeights> weights_from_text(std::string_view text);

/// What a question is, as far as ranking goes.
struct CodeQuestion {
  bool is_symbol = false;          // One name, perhaps qualified: "Mux.Handle", "parse_query()".
  std::string name;                // Of a symbol: the last part.
  std::vector<std::string> names;  // Else the names that it mentions: "GsonBuilder", "to_json".
  std::string words;               // What to look for: without words that only ask.
  std::vector<std::string> stems;  // Of those words, ascending.
  bool asks_for_tests = false;
  bool asks_for_docs = false;
  bool asks_for_config = false;
  bool asks_for_examples = false;
};

/// Threads: one object per thread.
class CodeQuestionReader {
 public:
  /// Where most of the code is in one language ("python"), its name says nothing and is left out.
  CodeQuestion read(std::string_view question, std::string_view main_language = {});
  /// Stems of a text's words, ascending, each once.
  std::vector<std::string> stems(std::string_view text);

 private:
  text::Analyzer analyzer_{"code_english"};
};

struct CodeCandidate {
  std::string_view path;
  double base = 0;  // Of both sides, 0 to 1.
  FileRole role = FileRole::kCode;
  std::vector<std::string> defines = {};  // Names.
};

struct RankedCode {
  std::size_t i = 0;  // Of the candidates.
  double score = 0;
  // What made the score: base + boosts, times the factors.
  double definition = 0;
  double file_name = 0;
  double coherence = 0;
  double role = 1;
  double repetition = 1;
};

/// The best n_wanted, best first; of equals the earlier candidate.
std::vector<RankedCode> rank_code(const CodeQuestion& question,
                                  const std::vector<CodeCandidate>& candidates,
                                  const CodeWeights& weights, std::size_t n_wanted,
                                  CodeQuestionReader& reader);

}  // namespace quern::apps
