#include "apps/code/rule_chain.h"

#include <utility>

namespace quern::apps {

RuleChain with_rules(RuleChain chain, std::string name, std::size_t n_base, IgnoreRules rules) {
  if (rules.is_empty()) return chain;
  return std::make_shared<const RuleFile>(
      RuleFile{std::move(chain), std::move(name), n_base, std::move(rules)});
}

RuleHit find_rule(const RuleChain& chain, std::string_view path, std::size_t name_begin,
                  EntryKind kind) {
  for (const RuleFile* file = chain.get(); file != nullptr; file = file->weaker.get()) {
    const IgnoreRule* rule =
        file->rules.find(path.substr(file->n_base), name_begin - file->n_base, kind);
    if (rule != nullptr) return {.file = file, .rule = rule};
  }
  return {};
}

bool brings_back_below(const RuleChain& chain, std::string_view folder) {
  for (const RuleFile* file = chain.get(); file != nullptr; file = file->weaker.get()) {
    if (folder.size() >= file->n_base &&
        file->rules.brings_back_below(folder.substr(file->n_base))) {
      return true;
    }
  }
  return false;
}

}  // namespace quern::apps
