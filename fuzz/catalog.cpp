// The catalog of a store: whatever the file says, it is read as a state that is sound in itself, or
// an error.

#include "store/catalog/catalog.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/check.h"
#include "store/byte_cursor.h"
#include "store/filter/bitmap.h"

namespace {

/// A folder for the files that SQLite wants beside the catalog, removed at the end.
struct Folder {
  Folder() {
    path = (std::filesystem::temp_directory_path() / "quern-fuzz-XXXXXX").string();
    QUERN_CHECK(::mkdtemp(path.data()) != nullptr);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::store;
  static const Folder folder;
  const std::string path = folder.path + "/catalog.db";
  for (const char* name : {"", "-wal", "-shm"}) std::filesystem::remove(path + name);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(n));
  auto catalog = Catalog::open(path, Catalog::Access::kRead);
  if (!catalog.ok()) return 0;
  const auto state = catalog->newest();
  if (!state.ok()) return 0;
  for (const SegmentRow& segment : state->segments) {
    QUERN_CHECK(segment.fields.size() == catalog->schema().fields.size());
    QUERN_CHECK(segment.file.find('/') == std::string::npos);
    for (const PartRow& part : segment.parts) {
      QUERN_CHECK(part.file.find('/') == std::string::npos);
      QUERN_CHECK(part.n_rows >= 1 && part.n_rows <= segment.identity.n_docs);
      QUERN_CHECK(std::any_of(state->spaces.begin(), state->spaces.end(), [&](const SpaceRow& s) {
        return s.id == part.space && check_space(s.space).ok();
      }));
    }
    if (segment.tombstone.version == 0) continue;
    const auto dead =
        bitmap_from_bytes(bytes_of(segment.tombstone.bitmap), segment.identity.n_docs);
    QUERN_CHECK(dead.ok() && dead->count() == segment.tombstone.n_dead);
  }
  return 0;
}
