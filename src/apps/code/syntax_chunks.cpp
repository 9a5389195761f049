#include "apps/code/syntax_chunks.h"

#include <algorithm>

#include <fmt/format.h>
#include <tree_sitter/api.h>

#include "apps/code/syntax_cut.h"
#include "apps/code/text_measure.h"

namespace quern::apps {
namespace {

// One line without the body, and without what opens it.
std::string signature_of(const Definition& definition, std::string_view text) {
  std::size_t end = std::clamp(definition.body, definition.head, definition.end);
  // Of a value the beginning is enough.
  if (end == definition.end && !is_function_like(definition.kind)) {
    end = std::min(end, text.find('\n', definition.head));
  }
  std::string out;
  for (std::size_t i = definition.head; i < end && out.size() <= kMaxSignatureBytes; ++i) {
    if (!is_blank(text[i])) {
      out += text[i];
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.size() > kMaxSignatureBytes) {
    std::size_t cut = kMaxSignatureBytes;
    while (cut > 0 && (static_cast<unsigned char>(out[cut]) & 0xC0) == 0x80) --cut;
    out.resize(cut);
  }
  while (!out.empty() && std::string_view(" {:=;").find(out.back()) != std::string_view::npos) {
    out.pop_back();
  }
  if (out.ends_with(" =>")) out.resize(out.size() - 3);
  return out;
}

// By definition: names of what encloses it and its own, by '.'.
std::vector<std::string> paths_of(const std::vector<Definition>& definitions) {
  std::vector<std::string> paths(definitions.size());
  for (std::size_t i = 0; i < definitions.size(); ++i) {
    const Definition& definition = definitions[i];
    int around = definition.parent;
    while (around >= 0 && !definitions[static_cast<std::size_t>(around)].names_inside) {
      around = definitions[static_cast<std::size_t>(around)].parent;
    }
    std::string& path = paths[i];
    if (around >= 0) path = paths[static_cast<std::size_t>(around)] + ".";
    if (!definition.qualifier.empty()) path += definition.qualifier + ".";
    path += definition.name;
  }
  return paths;
}

/// Which definition a chunk is about.
class Labels {
 public:
  Labels(const TextMeasure& measure, const std::vector<Definition>& definitions)
      : measure_(measure), definitions_(definitions) {}

  /// -1 for none. Chunks in order of their places.
  int label(const CodeSpan& span) {
    const int n_all = measure_.n_chars(span.begin, span.end);
    // All that begin before the chunk's end, from the first that can reach into it.
    int best = -1;
    int first_inside = -1;
    while (begun_ < definitions_.size() && definitions_[begun_].begin < span.end) {
      const Definition& definition = definitions_[begun_];
      if (definition.begin >= span.begin && first_inside < 0) {
        first_inside = static_cast<int>(begun_);
      }
      // Those before that have ended hold nothing of what is to come.
      std::erase_if(open_, [&](int i) { return at(i).end <= span.begin; });
      open_.push_back(static_cast<int>(begun_++));
    }
    for (const int i : open_) {
      const std::size_t begin = std::max(at(i).begin, span.begin);
      const std::size_t end = std::min(at(i).end, span.end);
      // Nearly all: the head of a class and a closing bracket may be with a method.
      if (begin < end && measure_.n_chars(begin, end) * 4 >= n_all * 3) best = i;
    }
    return best >= 0 ? best : first_inside;
  }

 private:
  const Definition& at(int i) const { return definitions_[static_cast<std::size_t>(i)]; }

  const TextMeasure& measure_;
  const std::vector<Definition>& definitions_;
  std::size_t begun_ = 0;
  std::vector<int> open_;
};

ChunkedCode assembled(const TextMeasure& measure, const std::vector<Definition>& definitions,
                      const std::vector<CodeSpan>& spans) {
  const std::vector<std::string> paths = paths_of(definitions);
  ChunkedCode out;
  out.by_syntax = true;
  Labels labels(measure, definitions);
  for (const CodeSpan& span : spans) {
    const int label = labels.label(span);
    CodeChunk chunk = {.span = span, .symbol = {}};
    if (label >= 0) {
      chunk.symbol = paths[static_cast<std::size_t>(label)];
      chunk.kind = definitions[static_cast<std::size_t>(label)].kind;
    }
    out.chunks.push_back(std::move(chunk));
  }
  for (std::size_t i = 0; i < definitions.size(); ++i) {
    const Definition& definition = definitions[i];
    const CodeSpan span = measure.trimmed(definition.begin, definition.end);
    if (!definition.is_listed || span.begin == span.end) continue;
    out.symbols.push_back({.name = definition.name,
                           .path = paths[i],
                           .kind = definition.kind,
                           .span = span,
                           .line = measure.line_at(definition.name_begin) + 1,
                           .name_begin = definition.name_begin,
                           .signature = signature_of(definition, measure.text())});
  }
  return out;
}

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
  const std::unique_ptr<TSTree, TreeDeleter> tree(ts_parser_parse_string(
      parser_, nullptr, text.data(), static_cast<std::uint32_t>(text.size())));
  if (tree == nullptr) {
    return {Code::kDeadline,
            fmt::format("parsing takes longer than {} ms", time_limit.count() / 1000)};
  }
  const TSNode root = ts_tree_root_node(tree.get());
  const TextMeasure measure(text);
  const Definitions definitions = find_definitions(*rules, root, text);
  return assembled(measure, definitions.all,
                   cut_by_syntax(measure, *rules, definitions, root, sizes));
}

}  // namespace quern::apps
