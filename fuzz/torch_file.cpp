// The reader of torch.save's files: any bytes give tensors inside those bytes, or an error.

#include "formats/torch/torch_file.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), n);
  const auto tensors = quern::formats::parse_torch(file);
  if (!tensors.ok()) return 0;
  for (const auto& [name, entry] : *tensors) {
    QUERN_CHECK(entry.bytes.data() >= file.data());
    QUERN_CHECK(entry.bytes.data() + entry.bytes.size() <= file.data() + file.size());
  }
  return 0;
}
