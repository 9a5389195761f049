// The analyzers: any bytes give well-formed terms of limited length, in order, from bytes of the
// text.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/utf8.h"
#include "text/analysis/analyzer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::text;
  const std::string_view text(reinterpret_cast<const char*>(data), n);
  for (const std::string_view name : analyzer_names()) {
    std::uint32_t position = 0;
    Analyzer(name).analyze(text, [&](const Term& term) {
      QUERN_CHECK(!term.text.empty() && term.text.size() <= kMaxTermBytes);
      QUERN_CHECK(quern::is_valid_utf8(term.text));
      QUERN_CHECK(term.begin < term.end && term.end <= text.size());
      QUERN_CHECK(term.position >= position);
      position = term.position;
    });
  }
  return 0;
}
