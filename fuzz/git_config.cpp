// git's configuration: any bytes are lines with names, or an error.

#include "apps/code/git_config.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), n);
  const quern::Status status =
      quern::apps::parse_git_config(bytes, [&](const std::string& name, const auto& value) {
        QUERN_CHECK(name.find('.') != std::string::npos && name.size() <= n + 1);
        QUERN_CHECK(!value || value->size() <= n);
      });
  QUERN_CHECK(status.ok() || status.code() == quern::Code::kBadInput);
  return 0;
}
