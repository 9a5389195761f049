// git's index: any bytes are one, whose paths are in order and each once, or an error.

#include "apps/code/git_index.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using quern::apps::GitIndex;
  const std::string_view bytes(reinterpret_cast<const char*>(data), n);
  // A split index is its own base: then it is refused, or has what it has itself.
  const auto itself = [&](const std::string&) {
    return quern::Result<std::string>(std::string(bytes));
  };
  for (const std::size_t n_hash_bytes : {20, 32}) {
    auto index = GitIndex::from_bytes(bytes, n_hash_bytes, itself);
    if (!index.ok()) continue;
    for (std::size_t i = 0; i < index->n_paths(); ++i) {
      QUERN_CHECK(!index->path(i).empty());
      QUERN_CHECK(i == 0 || index->path(i - 1) < index->path(i));
      QUERN_CHECK(index->first_from(index->path(i)) == i);
    }
    QUERN_CHECK(index->end_of_folder("a/", 0, index->n_paths()) <= index->n_paths());
  }
  return 0;
}
