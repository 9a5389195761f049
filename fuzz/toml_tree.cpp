// The reader of TOML: any bytes give a tree or an error.

#include "formats/toml_tree.h"

#include <cstddef>
#include <cstdint>

#include "base/check.h"

namespace {

std::size_t count(const quern::formats::TomlNode& node, std::size_t n_bytes) {
  QUERN_CHECK(node.line >= 0 && node.text.size() <= 4 * n_bytes + 64);
  std::size_t n = 1;
  for (const auto& child : node.children) n += count(child, n_bytes);
  return n;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string_view text(reinterpret_cast<const char*>(data), n);
  const auto tree = quern::formats::parse_toml(text, "fuzz");
  if (!tree.ok()) {
    QUERN_CHECK(!tree.status().message().empty());
    return 0;
  }
  QUERN_CHECK(count(*tree, n) <= n + 1);
  return 0;
}
