// Any bytes as JSON about papers, alone, in a list and as an answer: a paper or a reason.

#include "apps/papers/import/paper_json.h"

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "apps/papers/import/json_objects.h"
#include "apps/papers/import/paper_format.h"
#include "check_paper.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::apps;
  const std::string text(reinterpret_cast<const char*>(data), n);
  if (const auto record = paper_record_from_json(text); record.ok()) {
    check_paper(record->paper);
    check_text(record->key);
  }
  for (const std::string& one : records_within_json(text)) {
    if (const auto paper = paper_from_json(one); paper.ok()) check_paper(*paper);
  }
  std::istringstream in(text);
  JsonObjects objects(in, 1 << 16);
  std::size_t n_bytes = 0;
  while (true) {
    const auto object = objects.next();
    QUERN_CHECK(object.ok());
    if (!*object) break;
    n_bytes += (*object)->n_bytes;
  }
  QUERN_CHECK(n_bytes <= n);
  static_cast<void>(paper_format_of_bytes(text));
  return 0;
}
