#include "store/segment/spool.h"

#include <algorithm>

#include "base/input_file.h"
#include "store/byte_cursor.h"

namespace quern::store {
namespace {}  // namespace

Spool::~Spool() {
  // What cannot be removed now is when the store is opened the next time.
  if (file_) static_cast<void>(files_.remove(path_));
}

Status Spool::append(std::span<const std::byte> bytes) {
  if (pending_.size() + bytes.size() > kMaxPendingBytes) QUERN_TRY(spill());
  pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return {};
}

ByteSink Spool::sink() {
  return [this](std::span<const std::byte> bytes) { return append(bytes); };
}

Status Spool::spill() {
  if (!file_) {
    QUERN_ASSIGN(OutputFile file, files_.create(path_));
    file_ = std::move(file);
  }
  const Status written = files_.append(*file_, bytes_of(pending_));
  pending_.clear();
  return written;
}

Status Spool::copy_to(const ByteSink& sink) {
  if (file_) {
    QUERN_ASSIGN(const InputFile input, InputFile::open(path_));
    std::string part(kCopyBytes, '\0');
    for (std::uint64_t at = 0; at < input.n_bytes(); at += kCopyBytes) {
      const auto out = std::as_writable_bytes(std::span(part))
                           .first(static_cast<std::size_t>(
                               std::min<std::uint64_t>(kCopyBytes, input.n_bytes() - at)));
      QUERN_TRY(input.read(at, out));
      QUERN_TRY(sink(out));
    }
  }
  return sink(bytes_of(pending_));
}

Status write_section(ContainerWriter& out, SectionKind kind, Spool& bytes, std::uint64_t n_rows) {
  QUERN_TRY(out.begin_section(kind));
  QUERN_TRY(bytes.copy_to(out.sink()));
  out.end_section(n_rows);
  return {};
}

}  // namespace quern::store
