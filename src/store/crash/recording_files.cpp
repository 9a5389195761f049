#include "store/crash/recording_files.h"

namespace quern::store {
namespace {

using Kind = DiskOperation::Kind;

Status planted(const std::string& path) { return {Code::kIo, "planted: '" + path + "'"}; }

}  // namespace

Result<OutputFile> RecordingFiles::create(const std::string& path) {
  if (trace_.fails()) return planted(path);
  QUERN_ASSIGN(OutputFile file, real_files().create(path));
  trace_.add({.kind = Kind::kCreate, .path = path});
  return file;
}

Status RecordingFiles::append(OutputFile& file, std::span<const std::byte> bytes) {
  if (trace_.fails()) return planted(file.path());
  trace_.add({.kind = Kind::kWrite,
              .path = file.path(),
              .offset = file.n_bytes(),
              .bytes = {reinterpret_cast<const char*>(bytes.data()), bytes.size()}});
  return real_files().append(file, bytes);
}

Status RecordingFiles::sync(OutputFile& file) {
  if (trace_.fails()) return planted(file.path());
  trace_.add({.kind = Kind::kSync, .path = file.path()});
  return {};  // No power is cut here: the trace is what counts.
}

Status RecordingFiles::rename(const std::string& from, const std::string& to) {
  if (trace_.fails()) return planted(from);
  QUERN_TRY(real_files().rename(from, to));
  trace_.add({.kind = Kind::kRename, .path = from, .to = to});
  return {};
}

Status RecordingFiles::remove(const std::string& path) {
  if (trace_.fails()) return planted(path);
  QUERN_TRY(real_files().remove(path));
  trace_.add({.kind = Kind::kRemove, .path = path});
  return {};
}

Status RecordingFiles::make_folder(const std::string& path) {
  if (trace_.fails()) return planted(path);
  QUERN_TRY(real_files().make_folder(path));
  trace_.add({.kind = Kind::kMakeFolder, .path = path});
  return {};
}

Status RecordingFiles::sync_folder(const std::string& path) {
  if (trace_.fails()) return planted(path);
  trace_.add({.kind = Kind::kSyncFolder, .path = path});
  return {};
}

}  // namespace quern::store
