// A packed store: whatever the file says, its files lie within it, or it is an error.

#include <cstddef>
#include <cstdint>

#include "memory_file.h"
#include "store/store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const MemoryFile bytes(data, n);
  auto store = quern::store::Store::open({.folder = bytes.path()});
  if (!store.ok()) return 0;
  const auto state = (*store)->snapshot();
  if (!state.ok()) return 0;
  for (const auto& view : (*state)->segments()) static_cast<void>(view.segment->check());
  return 0;
}
