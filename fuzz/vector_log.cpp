// Records of a vector log, its headers, and a pair of files as a log finds them.

#include "apps/vector_log.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/check.h"
#include "base/log.h"

namespace {

using namespace quern::apps;

const std::string kFingerprint(64, 'f');

/// One folder for all inputs, removed at the end; what lies in it is written anew each time.
struct Folder {
  Folder() {
    quern::set_log_level(quern::LogLevel::kOff);
    path = (std::filesystem::temp_directory_path() / "quern-fuzz-XXXXXX").string();
    QUERN_CHECK(::mkdtemp(path.data()) != nullptr);
    std::filesystem::create_directories(path + "/" + kFingerprint);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

const std::string& log_folder() {
  static const Folder folder;
  return folder.path;
}

void write(const std::string& name, std::span<const std::uint8_t> bytes) {
  std::ofstream out(log_folder() + "/" + kFingerprint + "/" + name,
                    std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  if (n < 3) return 0;
  const int d = 1 + data[0];
  const std::span<const std::uint8_t> all(data + 3, n - 3);
  static_cast<void>(parse_log_record(std::as_bytes(all), d));
  static_cast<void>(check_log_header(std::as_bytes(all), LogPart::kRecords, d));
  const std::size_t n_records = std::min<std::size_t>(data[1] | data[2] << 8, all.size());
  write("1.qvl", all.first(n_records));
  write("1.qvk", all.subspan(n_records));
  const auto log = VectorLog::open({.folder = log_folder()}, kFingerprint, d);
  QUERN_CHECK(log.ok());
  VectorKey key;
  for (std::size_t i = n_records; i + sizeof key <= all.size(); i += sizeof key) {
    std::memcpy(&key, all.data() + i, sizeof key);
    const auto found = (*log)->find(key);
    QUERN_CHECK(!found || found->planes.size() % 128 == 0);
  }
  return 0;
}
