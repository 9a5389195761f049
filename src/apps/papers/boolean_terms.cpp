#include "apps/papers/boolean_terms.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/utf8.h"

namespace quern::apps {
namespace {

constexpr std::size_t kMaxCharBytes = 4;

std::vector<CodePoint> chars_of(std::string_view utf8) {
  std::vector<CodePoint> out;
  for (std::size_t i = 0; i < utf8.size();) {
    const Decoded decoded = decode_utf8(utf8, i);
    out.push_back(decoded.code);
    i += static_cast<std::size_t>(decoded.n_bytes);
  }
  return out;
}

bool differ_too_much(std::size_t a, std::size_t b, std::size_t n_most) {
  return std::max(a, b) - std::min(a, b) > n_most;
}

/// Row by row of the table of distances, until none in a row is small enough.
bool is_within_edits(const std::vector<CodePoint>& a, const std::vector<CodePoint>& b,
                     std::size_t n_edits) {
  if (differ_too_much(a.size(), b.size(), n_edits)) return false;
  std::vector<std::size_t> row(b.size() + 1);  // Edits from a[0, i) to b[0, j).
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    std::size_t least = row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
      least = std::min(least, row[j]);
    }
    if (least > n_edits) return false;
  }
  return row[b.size()] <= n_edits;
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
  return is_within_edits(chars_of(a), chars_of(b), static_cast<std::size_t>(n_edits));
}

Result<TermSet> terms_with_prefix(const store::Generation& generation, int field,
                                  std::string_view prefix) {
  return collect(generation, store::term_key(field, prefix), prefix,
                 [](std::string_view) { return true; });
}

Result<TermSet> terms_within_edits(const store::Generation& generation, int field,
                                   std::string_view word, int n_edits) {
  const std::vector<CodePoint> chars = chars_of(word);
  const auto n_most = static_cast<std::size_t>(n_edits);
  return collect(generation, store::term_key(field, ""), word, [&](std::string_view term) {
    if (differ_too_much(term.size(), word.size(), n_most * kMaxCharBytes)) return false;
    return is_within_edits(chars, chars_of(term), n_most);
  });
}

}  // namespace quern::apps
