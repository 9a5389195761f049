// A paper as documents of its library's store, and what is read back of them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/paper.h"
#include "apps/papers/paper_text.h"
#include "base/byte_spans.h"
#include "base/status.h"
#include "store/schema.h"

namespace quern::apps {

/// Of a text with all its sections.
inline constexpr std::size_t kMaxPaperBytes = std::size_t{64} << 20;

/// The paper and its passages, in the order of the text. `added_ms`: Unix time.
std::vector<store::Document> documents_of(const Paper& paper, std::int64_t corpus_id,
                                          std::int64_t added_ms);

/// A passage as it is stored.
struct StoredPaperPassage {
  SnippetKind kind = SnippetKind::kBody;
  std::string heading;
  std::string title;
  std::string text;
  ByteSpan bytes;           // In the full text.
  std::uint64_t begin = 0;  // The same in code points.
};

/// Errors: kBadInput where it is none.
Result<StoredPaperPassage> passage_from_stored_paper(std::string_view field,
                                                     std::string_view stored);

/// Days since 1970 of a paper: of its date, else 1 January of its year; INT64_MIN: not known.
std::int64_t published_day(const Paper& paper);

}  // namespace quern::apps
