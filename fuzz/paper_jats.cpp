// Any bytes as JATS: papers or a reason.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "apps/papers/import/jats.h"
#include "check_paper.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const auto papers = quern::apps::papers_of_jats({reinterpret_cast<const char*>(data), n});
  if (!papers.ok()) return 0;
  for (const auto& paper : *papers) check_paper(paper);
  return 0;
}
