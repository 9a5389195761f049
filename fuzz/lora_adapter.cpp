// A LoRA adapter's two files: any bytes give updates whose shapes and bytes fit, or an error.
// Input: the config's JSON up to the first zero byte, then the weights.

#include "formats/lora_adapter.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  static const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("quern_fuzz_lora_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string_view text(reinterpret_cast<const char*>(data), n);
  const std::size_t end = std::min(text.find('\0'), n);
  std::ofstream(folder / quern::formats::kAdapterConfig, std::ios::binary) << text.substr(0, end);
  std::ofstream(folder / quern::formats::kAdapterWeights, std::ios::binary)
      << text.substr(std::min(end + 1, n));
  const auto adapter = quern::formats::read_lora_adapter(folder.string());
  if (!adapter.ok()) return 0;
  QUERN_CHECK(!adapter->updates.empty());
  for (const auto& update : adapter->updates) {
    QUERN_CHECK(update.a.shape.size() == 2 && update.b.shape.size() == 2);
    QUERN_CHECK(update.a.shape[0] == update.b.shape[1]);
    QUERN_CHECK(update.scale == update.scale);
  }
  return 0;
}
