// The rules of one ignore file, in git's language, and which of them decides about a path.
//
// Source: gitignore(5), and git 2.39 where that is silent; docs/code_files.md.
// tools/make_ignore_suite.py holds it against `git check-ignore`.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "apps/code/wildcard.h"

namespace quern::apps {

enum class EntryKind { kFolder, kOther };  // A link to a folder is none.

struct IgnoreRule {
  std::string text;         // As it stands, without the line's end and blanks that do not count.
  int line = 0;             // From 1.
  bool is_negated = false;  // `!`: what it matches is not ignored.

  // The rest is for IgnoreRules.
  bool is_for_folders = false;  // It ended in '/'.
  bool is_of_names = false;     // No slash: it is about the last name of a path, in any depth.
  std::string pattern = {};     // Without `!` and slashes at both ends; lower case where a key.
  std::size_t n_literal = 0;    // Its bytes before any wildcard.
  int previous = -1;            // The rule before it with the same key.
};

class IgnoreRules {
 public:
  /// Reads a file: any bytes are rules, and none is wrong.
  static IgnoreRules from_file(std::string_view bytes, PathLetters letters);

  /// Each is one rule, also one that would be a comment in a file.
  static IgnoreRules from_globs(const std::vector<std::string>& globs);

  bool is_empty() const { return rules_.empty(); }

  /// The last rule that matches, nullptr if none does. That a folder above `path` is ignored is for
  /// the caller to know: then nothing can bring back what lies in it.
  /// `path` is relative to the file's folder; its last name begins at `name_begin`.
  /// Time: one look-up for all rules without wildcards, one for all `*.extension`; one comparison
  /// for each of the others.
  const IgnoreRule* find(std::string_view path, std::size_t name_begin, EntryKind kind) const;

  /// Whether a `!` rule names something below `folder`, by its full path from here.
  bool brings_back_below(std::string_view folder) const;

 private:
  using Index = std::unordered_map<std::string_view, int>;

  explicit IgnoreRules(PathLetters letters) : letters_(letters) {}
  void add(std::string_view pattern, int line);
  void make_indexes();
  int last_of(const Index& index, std::string_view key, EntryKind kind) const;
  bool is_match(const IgnoreRule& rule, std::string_view path, std::string_view name) const;

  PathLetters letters_;
  std::vector<IgnoreRule> rules_;
  // The last rule of each key; keys lie in rules_, whose place does not change.
  Index by_name_;       // Whole names.
  Index by_extension_;  // `*.x`: the dot and what follows.
  Index by_path_;       // Whole paths.
  std::vector<int> others_;
};

}  // namespace quern::apps
