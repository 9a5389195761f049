// Readers of a segment's postings and positions, and the searches over them: any bytes give an
// answer or an error. The input is the dictionary's and the postings' lengths, 16 bits each, then
// dictionary, postings, positions.

#include "store/lexical/postings.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"
#include "store/lexical/lexical_search.h"
#include "store/lexical/merge_postings.h"

namespace {

using namespace quern;
using namespace quern::store;

constexpr std::uint32_t kDocs = 400;

Status check_terms(const LexicalPart& part) {
  auto cursor = part.dictionary.begin();
  while (true) {
    QUERN_ASSIGN(const bool is_one, cursor.next());
    if (!is_one) return {};
    if (cursor.field() != 0) return {Code::kBadInput, "a field that there is not"};
    QUERN_TRY(check_postings(part.postings, part.positions, cursor.info(), part.norms[0]));
  }
}

void search(const LexicalPart& part, bool is_sound) {
  LexicalQuery query = {.clauses = {{.parts = {{.terms = {"t0"}}}},
                                    {.parts = {{.terms = {"t1"}}}},
                                    {.parts = {{.match = TermMatch::kPhrase,
                                                .terms = {"t0", "t1"},
                                                .offsets = {0, 1},
                                                .slop = 2}}},
                                    {.parts = {{.match = TermMatch::kPrefix, .terms = {"t2"}}}}}};
  const std::array<FieldStats, 1> fields = {FieldStats{.n_docs = kDocs, .n_tokens = 4 * kDocs}};
  const auto df = [](int, std::string_view) -> Result<std::int64_t> { return std::int64_t{9}; };
  QUERN_CHECK(prepare({}, fields, df, query).ok());
  const auto fast = search_part(part, query, {});
  const auto plain = search_exhaustively(part, query, {});
  QUERN_CHECK(!is_sound || fast.ok() == plain.ok());
  QUERN_CHECK(!is_sound || !fast.ok() || *fast == *plain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  std::array<std::uint16_t, 2> lengths{};
  if (n < sizeof lengths) return 0;
  std::memcpy(lengths.data(), data, sizeof lengths);
  auto bytes = std::as_bytes(std::span(data, n)).subspan(sizeof lengths);
  const auto take = [&](std::size_t n_bytes) {
    const auto section = bytes.first(std::min(n_bytes, bytes.size()));
    bytes = bytes.subspan(section.size());
    return section;
  };
  const auto dictionary = Dictionary::open(take(lengths[0]));
  if (!dictionary.ok()) return 0;
  std::vector<std::uint8_t> norms;
  for (std::uint32_t doc = 0; doc < kDocs; ++doc)
    norms.push_back(static_cast<std::uint8_t>(doc % 9));
  LexicalPart part = {.dictionary = *dictionary, .norms = {norms}, .n_docs = kDocs};
  part.postings = take(lengths[1]);
  part.positions = bytes;

  const bool is_sound = check_terms(part).ok();
  search(part, is_sound);
  std::vector<std::uint32_t> new_docs;
  for (std::uint32_t doc = 0; doc < kDocs; ++doc) new_docs.push_back(doc % 5 == 0 ? kNoDoc : doc);
  const auto nowhere = [](std::span<const std::byte>) { return Status(); };
  PostingsWriter postings(nowhere, nowhere);
  DictionaryWriter writer(nowhere);
  const std::array<PostingsMergeInput, 1> inputs = {PostingsMergeInput{&part, new_docs}};
  const Status merged = merge_postings(inputs, part.norms, postings, writer);
  QUERN_CHECK(merged.ok() || !is_sound);
  return 0;
}
