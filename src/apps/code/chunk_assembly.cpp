#include "apps/code/chunk_assembly.h"

#include <algorithm>
#include <string>

#include "base/utf8.h"

namespace quern::apps {
namespace {

// Behind the head of what has no body that can be told apart: its first line, or up to where its
// brackets are closed.
std::size_t end_of_head(const Definition& definition, std::string_view text) {
  int depth = 0;
  for (std::size_t i = definition.head; i < definition.end; ++i) {
    const char c = text[i];
    depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
    if (c == '\n' && (depth <= 0 || !is_function_like(definition.kind))) return i;
  }
  return definition.end;
}

// One line without the body, and without what opens it.
std::string signature_of(const Definition& definition, std::string_view text) {
  std::size_t end = std::clamp(definition.body, definition.head, definition.end);
  if (end == definition.end) end = end_of_head(definition, text);
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
    while (cut > 0 && is_continuation_byte(out[cut])) --cut;
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

}  // namespace

ChunkedCode assemble_chunks(const TextMeasure& measure, const std::vector<Definition>& definitions,
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

}  // namespace quern::apps
