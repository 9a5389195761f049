// Files of a tree: any bytes have a kind; what is text becomes well-formed UTF-8.
//
// Input: a line with the path, then the content.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "apps/code/file_kind.h"
#include "base/check.h"
#include "base/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::apps;
  const std::string_view input(reinterpret_cast<const char*>(data), n);
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view path = input.substr(0, end);
  const std::string_view content = input.substr(std::min(end + 1, input.size()));
  const auto why = why_no_text(path, content);
  QUERN_CHECK(!why || !why->empty());
  const std::string utf8 = utf8_from_source(std::string(content));
  QUERN_CHECK(quern::is_valid_utf8(utf8));
  QUERN_CHECK(utf8.size() <= 3 * content.size());
  kind_of_file(path, utf8);
  kind_of_file(path, content);
  return 0;
}
