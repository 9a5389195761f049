#include "store/pack/pack_file.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/checksum.h"
#include "base/input_file.h"
#include "store/byte_cursor.h"
#include "store/segment/container.h"

namespace quern::store {
namespace {

constexpr std::string_view kMagic = "QUERNPCK";
constexpr std::size_t kHeadBytes = 64;  // Of header and footer alike.
constexpr std::size_t kMaxTableBytes = std::size_t{32} << 20;
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr const char* kCatalogName = "catalog.db";

struct Entry {
  std::string name;
  std::uint64_t offset = 0;
  std::uint64_t n_bytes = 0;
};

Status damaged(const std::string& path, std::string_view what) {
  return {Code::kBadInput, fmt::format("'{}' is damaged: {}", path, what)};
}

Status check_version(const std::string& path, std::uint32_t version) {
  if (version == kPackVersion) return {};
  return {Code::kUnsupported,
          fmt::format("'{}' has format {}, this version reads {}", path, version, kPackVersion)};
}

std::string header_bytes() {
  std::string out(kMagic);
  append_number(out, kPackVersion);
  out.resize(kHeadBytes - 8, '\0');
  append_number(out, checksum64(bytes_of(out)));
  return out;
}

struct Footer {
  std::uint64_t table_offset = 0;
  std::uint64_t table_bytes = 0;
  std::uint64_t n_bytes = 0;  // Of the whole file.
  std::uint64_t table_sum = 0;
  std::uint64_t catalog_sum = 0;
};

std::string footer_bytes(const Footer& footer) {
  std::string out;
  append_number(out, footer.table_offset);
  append_number(out, footer.table_bytes);
  append_number(out, footer.n_bytes);
  append_number(out, footer.table_sum);
  append_number(out, footer.catalog_sum);
  append_number(out, kPackVersion);
  append_number(out, static_cast<std::uint32_t>(checksum64(bytes_of(out))));
  out.resize(kHeadBytes - 8, '\0');
  return out.append(kMagic);
}

std::string table_bytes(std::span<const Entry> entries) {
  std::string out;
  for (const Entry& entry : entries) {
    append_varint(out, entry.name.size());
    out += entry.name;
    append_varint(out, entry.offset);
    append_varint(out, entry.n_bytes);
  }
  return out;
}

Status read_bytes(const InputFile& file, std::uint64_t offset, std::uint64_t n, std::string& out) {
  out.resize(static_cast<std::size_t>(n));
  return file.read(offset, std::as_writable_bytes(std::span(out.data(), out.size())));
}

Result<Footer> read_footer(const std::string& path, std::string_view bytes, std::uint64_t n_bytes) {
  ByteCursor cursor(bytes_of(bytes));
  Footer footer{.table_offset = cursor.number<std::uint64_t>(),
                .table_bytes = cursor.number<std::uint64_t>(),
                .n_bytes = cursor.number<std::uint64_t>(),
                .table_sum = cursor.number<std::uint64_t>(),
                .catalog_sum = cursor.number<std::uint64_t>()};
  if (!bytes.ends_with(kMagic)) return damaged(path, "it has no footer: it was cut");
  QUERN_TRY(check_version(path, cursor.number<std::uint32_t>()));
  if (footer_bytes(footer) != bytes || footer.n_bytes != n_bytes ||
      footer.table_bytes > kMaxTableBytes || footer.table_offset < kHeadBytes ||
      footer.table_offset > n_bytes ||
      footer.table_offset + footer.table_bytes + kHeadBytes != n_bytes) {
    return damaged(path, "its footer");
  }
  return footer;
}

Result<std::vector<Entry>> read_table(const std::string& path, std::string_view bytes,
                                      std::uint64_t end) {
  std::vector<Entry> out;
  ByteCursor cursor(bytes_of(bytes));
  std::uint64_t lowest = kHeadBytes;
  while (cursor.n_left() > 0) {
    Entry& entry = out.emplace_back();
    entry.name = cursor.text(cursor.varint());
    entry.offset = cursor.varint();
    entry.n_bytes = cursor.varint();
    if (!cursor.is_ok() || entry.name.empty() || entry.offset % kPackAlign != 0 ||
        entry.offset < lowest || entry.offset > end || entry.n_bytes == 0 ||
        entry.n_bytes > end - entry.offset || out.size() > kMaxPackedFiles) {
      return damaged(path, "its table of files");
    }
    lowest = entry.offset + entry.n_bytes;
  }
  return out;
}

/// Appends to the file that becomes the pack.
class PackWriter {
 public:
  PackWriter(FileLayer& files, OutputFile file) : files_(files), file_(std::move(file)) {}

  Status append(std::string_view bytes) { return files_.append(file_, bytes_of(bytes)); }

  Status begin(std::string name) {
    const std::size_t rest = file_.n_bytes() % kPackAlign;
    if (rest != 0) QUERN_TRY(append(std::string(kPackAlign - rest, '\0')));
    entries_.push_back({.name = std::move(name), .offset = file_.n_bytes()});
    return {};
  }

  void end() { entries_.back().n_bytes = file_.n_bytes() - entries_.back().offset; }

  Status finish(std::uint64_t catalog_sum) {
    const std::string table = table_bytes(entries_);
    Footer footer{.table_offset = file_.n_bytes(),
                  .table_bytes = table.size(),
                  .n_bytes = file_.n_bytes() + table.size() + kHeadBytes,
                  .table_sum = checksum64(bytes_of(table)),
                  .catalog_sum = catalog_sum};
    QUERN_TRY(append(table));
    QUERN_TRY(append(footer_bytes(footer)));
    return files_.sync(file_);
  }

 private:
  FileLayer& files_;
  OutputFile file_;
  std::vector<Entry> entries_;
};

Status copy_part(const std::string& from, std::string name, const std::function<Status()>& go_on,
                 PackWriter& out) {
  QUERN_ASSIGN(const InputFile file, InputFile::open(from));
  QUERN_TRY(out.begin(std::move(name)));
  std::string piece;
  for (std::uint64_t at = 0; at < file.n_bytes(); at += kPieceBytes) {
    QUERN_TRY(go_on());
    QUERN_TRY(
        read_bytes(file, at, std::min<std::uint64_t>(kPieceBytes, file.n_bytes() - at), piece));
    QUERN_TRY(out.append(piece));
  }
  out.end();
  return {};
}

}  // namespace

Result<PackFile> PackFile::open(const std::string& path) {
  PackFile out;
  out.path_ = path;
  QUERN_ASSIGN(const InputFile file, InputFile::open(path));
  if (file.n_bytes() < 2 * kHeadBytes) return damaged(path, "it is too short for a packed store");
  std::string header, last, table;
  QUERN_TRY(read_bytes(file, 0, kHeadBytes, header));
  if (!header.starts_with(kMagic)) {
    return {Code::kBadInput, fmt::format("'{}' is no packed store", path)};
  }
  ByteCursor cursor(bytes_of(header).subspan(kMagic.size()));
  QUERN_TRY(check_version(path, cursor.number<std::uint32_t>()));
  if (header != header_bytes()) return damaged(path, "its header");
  QUERN_TRY(read_bytes(file, file.n_bytes() - kHeadBytes, kHeadBytes, last));
  QUERN_ASSIGN(const Footer footer, read_footer(path, last, file.n_bytes()));
  QUERN_TRY(read_bytes(file, footer.table_offset, footer.table_bytes, table));
  if (checksum64(bytes_of(table)) != footer.table_sum) return damaged(path, "its table of files");
  QUERN_ASSIGN(const std::vector<Entry> entries, read_table(path, table, footer.table_offset));
  QUERN_ASSIGN(MappedFile mapped, MappedFile::open(path));
  const auto mapping = std::make_shared<const MappedFile>(std::move(mapped));
  if (mapping->bytes().size() != file.n_bytes()) return damaged(path, "it changes as it is read");
  std::map<std::string, FilePlace> files;
  for (const Entry& entry : entries) {
    const FilePlace place{
        .path = path, .offset = entry.offset, .n_bytes = entry.n_bytes, .mapping = mapping};
    if (!files.emplace(entry.name, place).second) return damaged(path, "a file is there twice");
  }
  const auto catalog = files.find(kCatalogName);
  if (catalog == files.end()) return damaged(path, "it has no catalog");
  if (catalog->second.n_bytes > kMaxCatalogImageBytes) return damaged(path, "its catalog's size");
  out.catalog_ = catalog->second;
  out.catalog_sum_ = footer.catalog_sum;
  out.parts_ = PartPlaces(path, std::move(files));
  return out;
}

Result<std::string> PackFile::catalog_image() const {
  QUERN_ASSIGN(const InputFile file, InputFile::open(path_));
  std::string image;
  QUERN_TRY(read_bytes(file, catalog_.offset, catalog_.n_bytes, image));
  if (checksum64(bytes_of(image)) != catalog_sum_) return damaged(path_, "its catalog");
  return image;
}

bool is_pack(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  const auto file = InputFile::open(path);
  if (!file.ok() || file->n_bytes() < kMagic.size()) return false;
  std::string magic;
  return read_bytes(*file, 0, kMagic.size(), magic).ok() && magic == kMagic;
}

Status write_pack(FileLayer& files, const std::string& path, std::string_view catalog_image,
                  const std::string& folder, std::span<const std::string> parts,
                  const std::function<Status()>& go_on) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) == 0) {
    return {Code::kUnavailable, fmt::format("'{}' is there already", path)};
  }
  const std::string temporary = fmt::format("{}.tmp-{:016x}", path, random_nonce());
  const Status written = [&]() -> Status {
    QUERN_ASSIGN(OutputFile file, files.create(temporary));
    PackWriter out(files, std::move(file));
    QUERN_TRY(out.append(header_bytes()));
    QUERN_TRY(out.begin(kCatalogName));
    QUERN_TRY(out.append(catalog_image));
    out.end();
    for (const std::string& part : parts) {
      QUERN_TRY(copy_part(folder + "/" + part, part, go_on, out));
    }
    QUERN_TRY(out.finish(checksum64(bytes_of(catalog_image))));
    QUERN_TRY(files.rename(temporary, path));
    const Status synced = files.sync_folder(parent_of(path));
    if (!synced.ok()) static_cast<void>(files.remove(path));
    return synced;
  }();
  if (!written.ok()) static_cast<void>(files.remove(temporary));
  return written;
}

}  // namespace quern::store
