// Ignore rules: any bytes are rules, which decide about any path in no time worth mentioning; what
// the indexes find is what the rules say one by one.
//
// Input: a path up to the first NUL, whose last byte says the kind and the case; then the file.

#include "apps/code/ignore_rules.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::apps;
  const std::string_view input(reinterpret_cast<const char*>(data), std::min<std::size_t>(n, 8192));
  const std::size_t end = std::min(input.find('\0'), input.size());
  const std::string_view path = input.substr(0, end);
  const std::string_view file = input.substr(std::min(end + 1, input.size()));
  if (path.empty() || path.back() == '/' || path.front() == '/') return 0;
  const auto last = static_cast<unsigned char>(path.back());
  const EntryKind kind = last & 1 ? EntryKind::kFolder : EntryKind::kOther;
  const PathLetters letters = last & 2 ? PathLetters::kIgnoreCase : PathLetters::kExact;
  const std::size_t slash = path.rfind('/');
  const std::size_t name_begin = slash == std::string_view::npos ? 0 : slash + 1;
  const IgnoreRules rules = IgnoreRules::from_file(file, letters);
  const IgnoreRule* found = rules.find(path, name_begin, kind);
  rules.brings_back_below(path);

  // Line by line, the last that says something.
  std::string text;
  int line = 0;
  int number = 1;
  for (std::size_t begin = 0; begin < file.size(); ++number) {
    const std::size_t stop = std::min(file.find('\n', begin), file.size());
    const IgnoreRules one = IgnoreRules::from_file(file.substr(begin, stop - begin), letters);
    // A mark counts at the file's beginning only.
    const bool is_marked = begin > 0 && file.substr(begin, 3) == "\xEF\xBB\xBF";
    if (is_marked) return 0;
    if (const IgnoreRule* rule = one.find(path, name_begin, kind)) {
      text = rule->text;
      line = number;
    }
    begin = stop + 1;
  }
  QUERN_CHECK((found == nullptr) == (line == 0));
  if (found != nullptr) QUERN_CHECK(found->line == line && found->text == text);
  return 0;
}
