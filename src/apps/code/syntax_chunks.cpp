#include "apps/code/syntax_chunks.h"

#include <optional>

#include <fmt/format.h>
#include <tree_sitter/api.h>

#include "apps/code/chunk_assembly.h"
#include "apps/code/class_macros.h"
#include "apps/code/syntax_cut.h"
#include "apps/code/text_measure.h"

namespace quern::apps {
namespace {

struct TreeDeleter {
  void operator()(TSTree* tree) const { ts_tree_delete(tree); }
};

}  // namespace

SyntaxChunker::SyntaxChunker(const std::string& grammars_folder)
    : grammars_(grammars_folder), parser_(ts_parser_new()) {}

SyntaxChunker::~SyntaxChunker() { ts_parser_delete(parser_); }

Result<const DefinitionRules*> SyntaxChunker::rules(std::string_view language,
                                                    const TSLanguage& grammar) {
  const auto known = rules_.find(language);
  if (known != rules_.end()) return known->second.get();
  auto made = std::make_unique<DefinitionRules>(grammar, rules_of(language));
  return rules_.emplace(language, std::move(made)).first->second.get();
}

Result<ChunkedCode> SyntaxChunker::chunk(std::string_view language, std::string_view text,
                                         const CutSizes& sizes,
                                         std::chrono::microseconds time_limit) {
  QUERN_ASSIGN(const TSLanguage* const grammar, grammars_.find(language));
  QUERN_ASSIGN(const DefinitionRules* const rules, this->rules(language, *grammar));
  ts_parser_reset(parser_);
  if (!ts_parser_set_language(parser_, grammar)) {
    return {Code::kUnsupported, fmt::format("the grammar of '{}' is refused", language)};
  }
  ts_parser_set_timeout_micros(parser_, static_cast<std::uint64_t>(time_limit.count()));
  const std::optional<std::string> readable =
      language == "cpp" ? without_class_macros(text) : std::nullopt;
  const std::string_view parsed = readable ? *readable : text;
  const std::unique_ptr<TSTree, TreeDeleter> tree(ts_parser_parse_string(
      parser_, nullptr, parsed.data(), static_cast<std::uint32_t>(parsed.size())));
  if (tree == nullptr) {
    return {Code::kDeadline,
            fmt::format("parsing takes longer than {} ms", time_limit.count() / 1000)};
  }
  const TSNode root = ts_tree_root_node(tree.get());
  const TextMeasure measure(text);
  const Definitions definitions = find_definitions(*rules, root, text);
  return assemble_chunks(measure, definitions.all,
                         cut_by_syntax(measure, *rules, definitions, root, sizes));
}

}  // namespace quern::apps
