#include "apps/papers/boolean_terms.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "base/utf8.h"

namespace quern::apps {
namespace {

constexpr std::size_t kMaxCharBytes = 4;
constexpr int kMostEdits = 2;

std::vector<CodePoint> chars_of(std::string_view utf8) {
  std::vector<CodePoint> out;
  for (std::size_t i = 0; i < utf8.size();) {
    const Decoded decoded = decode_utf8(utf8, i);
    out.push_back(decoded.code);
    i += static_cast<std::size_t>(decoded.n_bytes);
  }
  return out;
}

bool is_ascii(std::string_view utf8) { return find_non_ascii(utf8, 0) == utf8.size(); }

bool differ_too_much(std::size_t a, std::size_t b, std::size_t n_most) {
  return std::max(a, b) - std::min(a, b) > n_most;
}

/// Row by row of the table of distances, of which only the band counts that is near its diagonal:
/// row[k] is what makes a[0, i) of b[0, i + k - n_edits).
template <typename Text>
bool is_within_band(const Text& a, const Text& b, int n_edits) {
  if (differ_too_much(a.size(), b.size(), static_cast<std::size_t>(n_edits))) return false;
  std::array<int, 2 * kMostEdits + 1> row{};
  const int width = 2 * n_edits + 1, too_many = n_edits + 1;
  const int n_a = static_cast<int>(a.size()), n_b = static_cast<int>(b.size());
  for (int k = 0; k < width; ++k) {
    row[k] = k < n_edits ? too_many : k - n_edits;
  }
  for (int i = 1; i <= n_a; ++i) {
    int least = too_many;
    int left = too_many;
    for (int k = 0; k < width; ++k) {
      const int j = i + k - n_edits;
      int edits = too_many;
      if (j == 0) edits = i;
      if (j > 0 && j <= n_b) {
        const int above = k + 1 < width ? row[k + 1] + 1 : too_many;
        edits = std::min({row[k] + (a[i - 1] == b[j - 1] ? 0 : 1), above, left + 1});
      }
      left = row[k] = edits;
      least = std::min(least, edits);
    }
    if (least > n_edits) return false;
  }
  return row[n_b - n_a + n_edits] <= n_edits;
}

/// Adds the terms from `key` on, as long as they begin with it, for which `is_wanted`.
template <typename IsWanted>
Result<TermSet> collect(const store::Generation& generation, const std::string& key,
                        std::string_view word, const IsWanted& is_wanted) {
  TermSet out;
  for (const store::SegmentView& view : generation.segments()) {
    QUERN_ASSIGN(const store::LexicalPart* part, view.segment->lexical());
    QUERN_ASSIGN(store::Dictionary::Cursor cursor, part->dictionary.seek(key));
    while (true) {
      QUERN_ASSIGN(const bool is_one, cursor.next());
      if (!is_one || !cursor.key().starts_with(key)) break;
      if (!is_wanted(cursor.term())) continue;
      out.emplace(cursor.term());
      if (out.size() > kMaxBooleanTerms) {
        return {Code::kBadInput,
                fmt::format("'{}' stands for more than {} words, want a longer one", word,
                            kMaxBooleanTerms)};
      }
    }
  }
  return out;
}

}  // namespace

bool is_within_edits(std::string_view a, std::string_view b, int n_edits) {
  n_edits = std::clamp(n_edits, 0, kMostEdits);
  if (is_ascii(a) && is_ascii(b)) return is_within_band(a, b, n_edits);
  if (differ_too_much(a.size(), b.size(), kMaxCharBytes * static_cast<std::size_t>(n_edits))) {
    return false;
  }
  return is_within_band(chars_of(a), chars_of(b), n_edits);
}

Result<TermSet> terms_with_prefix(const store::Generation& generation, int field,
                                  std::string_view prefix) {
  return collect(generation, store::term_key(field, prefix), prefix,
                 [](std::string_view) { return true; });
}

Result<TermSet> terms_within_edits(const store::Generation& generation, int field,
                                   std::string_view word, int n_edits) {
  return collect(generation, store::term_key(field, ""), word,
                 [&](std::string_view term) { return is_within_edits(word, term, n_edits); });
}

}  // namespace quern::apps
