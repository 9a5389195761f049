#include "formats/torch/stored_zip.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "formats/byte_reader.h"
#include "formats/fast_json.h"

namespace quern::formats {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryHeader = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50;
constexpr std::uint32_t kEnd64Locator = 0x07064b50;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kLocatorBytes = 20;
constexpr std::uint16_t kZip64Extra = 1;
constexpr std::uint64_t kMaxEntries = 4096;

/// Where the directory is.
struct Directory {
  std::uint64_t n_entries = 0;
  std::uint64_t n_bytes = 0;
  std::uint64_t offset = 0;
};

Status broken(const char* what) {
  return {Code::kBadInput, fmt::format("not a zip file that can be read: {}", what)};
}

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ByteReader reader_at(Bytes file, std::uint64_t offset) {
  ByteReader reader(file);
  reader.take(offset);
  return reader;
}

/// The last place where the end's signature stands.
std::optional<std::size_t> find_end(Bytes file) {
  constexpr std::size_t kMostComment = 65535;
  if (file.size() < kEndBytes) return std::nullopt;
  const std::size_t last = file.size() - kEndBytes;
  const std::size_t first = last > kMostComment ? last - kMostComment : 0;
  for (std::size_t at = last + 1; at-- > first;) {
    if (reader_at(file, at).number<std::uint32_t>() == kEnd) return at;
  }
  return std::nullopt;
}

Result<Directory> read_end64(Bytes file, std::size_t end) {
  if (end < kLocatorBytes) return broken("its large directory is not there");
  ByteReader locator = reader_at(file, end - kLocatorBytes);
  if (locator.number<std::uint32_t>() != kEnd64Locator) {
    return broken("its large directory is not there");
  }
  locator.take(4);
  ByteReader at = reader_at(file, locator.number<std::uint64_t>());
  if (at.number<std::uint32_t>() != kEnd64) return broken("its large directory is not there");
  at.take(8 + 2 + 2 + 4 + 4 + 8);  // Its size, versions, disks, entries of this disk.
  Directory out;
  out.n_entries = at.number<std::uint64_t>();
  out.n_bytes = at.number<std::uint64_t>();
  out.offset = at.number<std::uint64_t>();
  if (!at.is_ok()) return broken("it ends early");
  return out;
}

Result<Directory> read_end(Bytes file) {
  const std::optional<std::size_t> end = find_end(file);
  if (!end) return broken("it has no directory");
  ByteReader at = reader_at(file, *end + 4);
  at.take(2 + 2 + 2);
  Directory out;
  out.n_entries = at.number<std::uint16_t>();
  out.n_bytes = at.number<std::uint32_t>();
  out.offset = at.number<std::uint32_t>();
  if (!at.is_ok()) return broken("it ends early");
  const bool is_large =
      out.n_entries == 0xffff || out.n_bytes == 0xffffffff || out.offset == 0xffffffff;
  return is_large ? read_end64(file, *end) : Result<Directory>(out);
}

/// What a directory says of an entry.
struct Entry {
  std::uint16_t flags = 0, method = 0;
  std::uint64_t n_stored = 0, n_whole = 0, offset = 0;
  std::string name;
};

/// Numbers that do not fit into 32 bits stand in an extra field, those alone, in this order.
void read_extra(Bytes extra, Entry& out) {
  ByteReader fields(extra);
  while (fields.is_ok() && fields.n_left() >= 4) {
    const auto id = fields.number<std::uint16_t>();
    ByteReader field(fields.take(fields.number<std::uint16_t>()));
    if (id != kZip64Extra) continue;
    for (std::uint64_t* number : {&out.n_whole, &out.n_stored, &out.offset}) {
      if (*number == 0xffffffff) *number = field.number<std::uint64_t>();
    }
  }
}

Result<Entry> read_entry(ByteReader& directory) {
  if (directory.number<std::uint32_t>() != kDirectoryHeader)
    return broken("its directory is short");
  directory.take(2 + 2);
  Entry out;
  out.flags = directory.number<std::uint16_t>();
  out.method = directory.number<std::uint16_t>();
  directory.take(2 + 2 + 4);  // Time, date, checksum.
  out.n_stored = directory.number<std::uint32_t>();
  out.n_whole = directory.number<std::uint32_t>();
  const auto n_name = directory.number<std::uint16_t>();
  const auto n_extra = directory.number<std::uint16_t>();
  const auto n_comment = directory.number<std::uint16_t>();
  directory.take(2 + 2 + 4);  // Disk, attributes.
  out.offset = directory.number<std::uint32_t>();
  out.name = text_of(directory.take(n_name));
  const Bytes extra = directory.take(n_extra);
  directory.take(n_comment);
  if (!directory.is_ok()) return broken("its directory ends early");
  read_extra(extra, out);
  return out;
}

Result<Bytes> bytes_of(Bytes file, const Entry& entry) {
  if (entry.method != 0 || (entry.flags & 1) != 0 || entry.n_stored != entry.n_whole) {
    return {Code::kUnsupported,
            fmt::format("entry '{}' is compressed or encrypted, want it stored as it is",
                        shown(entry.name))};
  }
  ByteReader at = reader_at(file, entry.offset);
  if (at.number<std::uint32_t>() != kLocalHeader) return broken("an entry is not where it is said");
  at.take(2 + 2 + 2 + 2 + 2 + 4 + 4 + 4);
  const auto n_name = at.number<std::uint16_t>();
  const auto n_extra = at.number<std::uint16_t>();
  at.take(n_name);
  at.take(n_extra);
  const Bytes out = at.take(entry.n_stored);
  if (!at.is_ok()) return broken("an entry goes beyond its end");
  return out;
}

}  // namespace

Result<ZipEntries> read_stored_zip(std::span<const std::byte> file) {
  QUERN_ASSIGN(const Directory directory, read_end(file));
  if (directory.n_entries > kMaxEntries) return broken("it has too many entries");
  ByteReader at = reader_at(file, directory.offset);
  ByteReader entries(at.take(directory.n_bytes));
  if (!at.is_ok()) return broken("its directory goes beyond its end");
  ZipEntries out;
  for (std::uint64_t i = 0; i < directory.n_entries; ++i) {
    QUERN_ASSIGN(Entry entry, read_entry(entries));
    QUERN_ASSIGN(const Bytes bytes, bytes_of(file, entry));
    if (!out.emplace(std::move(entry.name), bytes).second) return broken("a name stands twice");
  }
  return out;
}

}  // namespace quern::formats
