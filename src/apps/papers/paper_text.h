// A paper's full text and the passages that it is cut into.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/paper.h"
#include "base/byte_spans.h"
#include "base/status.h"

namespace quern::apps {

/// Bumped where the same paper becomes other documents.
inline constexpr int kPaperTextVersion = 1;

/// Where a section's text lies in the full text, without its heading.
struct SectionPlace {
  std::string heading;  // "2.1 Data"
  ByteSpan span;
};

/// Title, abstract and sections, each behind the other with an empty line between. A section's
/// heading is a paragraph of its own before it. What is empty is left out.
struct FullText {
  std::string text;
  ByteSpan title;
  ByteSpan abstract;
  std::vector<SectionPlace> sections;

  std::string_view part(ByteSpan span) const {
    return std::string_view(text).substr(span.begin, span.end - span.begin);
  }
  /// From the first section's heading on; "" without sections.
  std::string_view body() const;
};

FullText full_text_of(const Paper& paper);

enum class SnippetKind { kTitle, kAbstract, kBody };

/// A passage: sentences of the abstract or of one section that follow each other.
struct PaperPassage {
  SnippetKind kind = SnippetKind::kBody;
  std::string heading = {};  // Of its section.
  ByteSpan span;             // Of the full text.
};

/// Passages of about 180 words: whole sentences, none beyond a section's end, none that is nearly
/// empty behind a full one. An abstract is one, unless it is far too long; of a paper without any
/// text the title is.
std::vector<PaperPassage> passages_of(const FullText& text);

/// Sections as the store keeps them: where each lies in a body, and back again. Errors: kBadInput
/// where it is none.
std::string bytes_from_sections(const FullText& text);
Result<std::vector<PaperSection>> sections_from_bytes(std::string_view bytes,
                                                      std::string_view body);

}  // namespace quern::apps
