// The tokenizer.json reader: what it reads is run on a few texts.

#include "formats/tokenizer/tokenizer_json.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "check_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string_view json(reinterpret_cast<const char*>(data), n);
  const auto spec = quern::formats::parse_tokenizer_json(json);
  if (spec.ok()) quern::fuzz::check_tokenizer(*spec);
  return 0;
}
