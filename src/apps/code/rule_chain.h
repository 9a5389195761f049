// Ignore files one over another: those of deeper folders are asked first.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "apps/code/ignore_rules.h"

namespace quern::apps {

/// Never changed, so that any folder below may share it, on any thread.
struct RuleFile {
  std::shared_ptr<const RuleFile> weaker;  // Asked where this one says nothing.
  std::string name;                        // For people: where it is.
  std::size_t n_base = 0;                  // Bytes of a path that lead to its folder, with the '/'.
  IgnoreRules rules;
};

using RuleChain = std::shared_ptr<const RuleFile>;

struct RuleHit {
  const RuleFile* file = nullptr;  // nullptr: no rule says anything.
  const IgnoreRule* rule = nullptr;

  bool is_ignored() const { return rule != nullptr && !rule->is_negated; }
  bool is_kept() const { return rule != nullptr && rule->is_negated; }
};

/// `chain` with a file before it that is asked first; `chain` itself where that has no rules.
RuleChain with_rules(RuleChain chain, std::string name, std::size_t n_base, IgnoreRules rules);

/// What the strongest file says that says anything. All of them lie above `path`.
RuleHit find_rule(const RuleChain& chain, std::string_view path, std::size_t name_begin,
                  EntryKind kind);

/// Whether a `!` rule of any of them names something below `folder`.
bool brings_back_below(const RuleChain& chain, std::string_view folder);

}  // namespace quern::apps
