// Where a passage names papers of its bibliography: "(Brants, 2000)", "Och et al. (2003)", "[12]".

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_spans.h"

namespace quern::apps {

/// An entry of a paper's bibliography that is in the library, too.
struct KnownReference {
  std::int64_t corpus_id = 0;
  std::size_t number = 0;  // Its place in the bibliography, from 1.
  std::vector<std::string> authors = {};
  int year = 0;
  std::vector<std::string> contexts = {};  // Sentences that cite it, on one line each.
};

struct ReferenceMention {
  ByteSpan bytes;  // Of the text.
  std::int64_t corpus_id = 0;

  bool operator==(const ReferenceMention&) const = default;
};

/// By the first author's last name with the year shortly behind it, from the one to the other; by
/// number in brackets only in a sentence that is known to cite that entry. In the order of the
/// text.
std::vector<ReferenceMention> mentions_in(std::string_view text, const ByteSpans& sentences,
                                          const std::vector<KnownReference>& references);

}  // namespace quern::apps
