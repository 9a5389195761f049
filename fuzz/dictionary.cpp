// The reader of a segment's dictionary: any bytes give terms in order that are found again, or an
// error.

#include "store/lexical/dictionary.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const auto dictionary = quern::store::Dictionary::open(std::as_bytes(std::span(data, n)));
  if (!dictionary.ok()) return 0;
  auto cursor = dictionary->begin();
  std::string before;
  for (std::uint64_t n_terms = 0;; ++n_terms) {
    const auto is_one = cursor.next();
    if (!is_one.ok()) return 0;
    if (!*is_one) {
      QUERN_CHECK(n_terms == dictionary->n_terms());
      break;
    }
    QUERN_CHECK(n_terms == 0 || before < cursor.key());
    before = cursor.key();
  }
  if (!before.empty() && static_cast<unsigned char>(before[0]) < quern::store::kMaxTextFields) {
    const auto found = dictionary->find(static_cast<unsigned char>(before[0]), before.substr(1));
    QUERN_CHECK(found.ok() && found->has_value());
  }
  return 0;
}
