// Any bytes as RIS: every record is some paper, and no byte belongs to two.

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "apps/papers/import/ris.h"
#include "check_paper.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::apps;
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), n));
  TaggedRecords records(in);
  std::size_t n_bytes = 0;
  while (true) {
    const auto record = records.next();
    QUERN_CHECK(record.ok());
    if (!*record) break;
    n_bytes += (*record)->n_bytes;
    check_paper(paper_of_ris(**record));
    check_text(key_of_ris(**record));
  }
  QUERN_CHECK(n_bytes <= n);
  return 0;
}
