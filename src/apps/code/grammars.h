// Grammars of programming languages: functions of shared libraries that tools/get_grammars.sh
// fetches. They are outside code: only a worker process loads them (chunk_worker.h).

#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

struct TSLanguage;

namespace quern::apps {

/// Whether a grammar is known for it, installed or not.
bool is_grammar_language(std::string_view language);

/// All of them, by name.
std::span<const std::string_view> grammar_languages();

/// What lies in `folder`, as its SHA256SUMS says: changes with the grammars. "" where there is
/// none.
std::string grammars_identity(const std::string& folder);

/// Threads: one.
class Grammars {
 public:
  explicit Grammars(std::string folder) : folder_(std::move(folder)) {}
  // Libraries stay loaded: threads and exit handlers of theirs are unknown.

  /// Loads its library where it is first asked for. Errors: kNotFound (not known, not installed),
  /// kUnsupported (of another version of tree-sitter).
  Result<const TSLanguage*> find(std::string_view language);

 private:
  Result<void*> library(const std::string& file);

  const std::string folder_;
  std::map<std::string, void*> libraries_;                           // By file.
  std::map<std::string, const TSLanguage*, std::less<>> languages_;  // By name.
};

}  // namespace quern::apps
