// A part of a segment on disk: any bytes give sections that lie within the file, or an error.

#include "store/segment/container.h"

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::store;
  const MemoryFile bytes(data, n);
  const auto file = Container::open({bytes.path()});
  if (!file.ok()) return 0;
  for (const Section& section : file->sections()) {
    QUERN_CHECK(section.offset + section.n_bytes <= n);
    QUERN_CHECK(file->find(section.kind, section.argument) == &section);
    static_cast<void>(file->check(file->bytes(section)));
  }
  static_cast<void>(file->check_all());
  return 0;
}
