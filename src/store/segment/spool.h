// Bytes that wait for their turn: a section that is written while another one is. In memory while
// they are few, then in a temporary file.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "base/file_layer.h"
#include "base/status.h"
#include "store/byte_sink.h"
#include "store/segment/container.h"

namespace quern::store {

class Spool {
 public:
  static constexpr std::size_t kMaxPendingBytes = 4 << 20;  // Of memory; the rest is in the file.
  static constexpr std::size_t kCopyBytes = 1 << 20;        // Of copy_to, besides.

  /// `path` is where the file would be.
  Spool(FileLayer& files, std::string path) : files_(files), path_(std::move(path)) {}
  ~Spool();  // The file is removed.
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// Errors: kIo.
  Status append(std::span<const std::byte> bytes);
  ByteSink sink();

  /// All of it, in order. Errors: kIo, the sink's.
  Status copy_to(const ByteSink& sink);

 private:
  Status spill();

  FileLayer& files_;
  std::string path_;
  std::string pending_;  // Behind what the file has.
  std::optional<OutputFile> file_;
};

/// All of it as a section. Errors: as copy_to.
Status write_section(ContainerWriter& out, SectionKind kind, Spool& bytes, std::uint64_t n_rows);

}  // namespace quern::store
