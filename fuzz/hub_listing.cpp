// What a hub lists of a repository, and what a user asks of it: any bytes give names inside a
// folder, each once, or an error.

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/check.h"
#include "hub/pull/file_choice.h"
#include "hub/pull/listing.h"
#include "hub/pull/pull_reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::hub;
  const std::string_view text(reinterpret_cast<const char*>(data), n);
  const auto reference = parse_pull_reference(text.substr(0, text.find('\n')));
  QUERN_CHECK(!reference.ok() || reference->repo.find("..") == std::string::npos);
  const auto listing = parse_listing(text);
  if (!listing.ok()) return 0;
  std::set<std::string> seen;
  for (const ListedFile& file : listing->files) {
    QUERN_CHECK(seen.insert(file.path).second);
    QUERN_CHECK(("/" + file.path + "/").find("/../") == std::string::npos);
    QUERN_CHECK(!file.path.empty() && file.path.front() != '/');
  }
  for (const char* wanted : {"", "Q4_K_M"}) {
    const auto choice = choose_files(*listing, wanted);
    QUERN_CHECK(!choice.ok() || !choice->files.empty());
  }
  return 0;
}
