// What changes a disk, one function an operation, so that a test can record a run and make from it
// every state that a power cut could leave. Reading needs no layer: MappedFile, InputFile.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace quern {

/// A file that is written once, front to back. Closed at destruction; it stays where it is.
class OutputFile {
 public:
  OutputFile() = default;
  OutputFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  ~OutputFile();

  int fd() const { return fd_; }
  const std::string& path() const { return path_; }
  std::uint64_t n_bytes() const { return n_bytes_; }  // Appended so far.

 private:
  friend class RealFiles;
  int fd_ = -1;
  std::string path_;
  std::uint64_t n_bytes_ = 0;
  bool has_failed_ = false;
};

/// Threads: any; a file is of one thread at a time. Errors of all: kIo with the path and the
/// system's reason; kNotFound where a folder or file is not there.
class FileLayer {
 public:
  virtual ~FileLayer() = default;

  /// A new file. Errors: kUnavailable where one is there already.
  virtual Result<OutputFile> create(const std::string& path) = 0;

  virtual Status append(OutputFile& file, std::span<const std::byte> bytes) = 0;

  /// The file's bytes are on the disk when this returns; its name only after sync_folder. After a
  /// failed append or sync the file is lost: each further one fails, for Linux forgets the pages
  /// that it could not write and would say yes the next time.
  virtual Status sync(OutputFile& file) = 0;

  /// Puts `from` in the place of `to`, whole.
  virtual Status rename(const std::string& from, const std::string& to) = 0;

  virtual Status remove(const std::string& path) = 0;

  /// Errors: kUnavailable where something is there already.
  virtual Status make_folder(const std::string& path) = 0;

  /// Names that were made, changed or removed in this folder are so on the disk, too.
  virtual Status sync_folder(const std::string& path) = 0;
};

/// The disk itself.
FileLayer& real_files();

/// The folder that a path lies in: "." for a name alone.
std::string parent_of(const std::string& path);

/// Names in a folder, sorted. Errors: kNotFound, kIo.
Result<std::vector<std::string>> list_folder(const std::string& path);

/// What may still be written to the file system of `path`. Errors: kNotFound, kIo.
Result<std::uint64_t> free_disk_bytes(const std::string& path);

}  // namespace quern
