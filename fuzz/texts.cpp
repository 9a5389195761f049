// Files of texts: any bytes give texts or errors, each on a line of the file, and the reader
// reaches the end.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "engine/texts/text_reader.h"

namespace {

using quern::Code;
using quern::engine::TextFormat;
using quern::engine::TextItem;
using quern::engine::TextReader;

void read_all(int fd, std::size_t n_bytes, long n_lines, TextFormat format) {
  ::lseek(fd, 0, SEEK_SET);
  auto reader = TextReader::open("/dev/fd/" + std::to_string(fd), format);
  if (!reader.ok()) {
    QUERN_CHECK(reader.status().code() == Code::kUnsupported);
    return;
  }
  long n_texts = 0;
  for (TextItem item;;) {
    const auto more = reader->next(item);
    QUERN_CHECK(more.ok());
    if (!*more) break;
    ++n_texts;
    if (!reader->bytes_total()) continue;  // Of another form: lines are counted in characters.
    QUERN_CHECK(item.line >= n_texts && item.line <= n_lines);
    QUERN_CHECK(item.text.size() <= n_bytes);
  }
  if (!reader->bytes_total()) return;
  QUERN_CHECK(reader->bytes_read() == n_bytes);
  if (reader->format() == TextFormat::kLines) QUERN_CHECK(n_texts == n_lines);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const int fd = ::memfd_create("texts", 0);
  QUERN_CHECK(fd >= 0 && ::write(fd, data, n) == static_cast<ssize_t>(n));
  const std::size_t n_mark =
      n >= 3 && data[0] == 0xEF && data[1] == 0xBB && data[2] == 0xBF ? 3 : 0;
  long n_lines = std::count(data, data + n, std::uint8_t{'\n'});
  if (n > n_mark && data[n - 1] != '\n') ++n_lines;
  for (const TextFormat format : {TextFormat::kAuto, TextFormat::kLines, TextFormat::kJsonLines}) {
    read_all(fd, n, n_lines, format);
  }
  ::close(fd);
  return 0;
}
