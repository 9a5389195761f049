// A layer between SQLite and its own one. What it says of syncs of folders is what SQLite's os_unix
// does: with the first sync of a log that it may have made, and with a removal where that is asked
// for.

#include <cstring>
#include <string>

#include <sqlite3.h>
#include <sys/stat.h>

#include "base/check.h"
#include "store/crash/recording_files.h"

namespace quern::store {
namespace {

using Kind = DiskOperation::Kind;

Trace* current = nullptr;
sqlite3_vfs* below = nullptr;

/// Behind it lies the file of the layer below.
struct RecordedFile {
  sqlite3_file base;
  std::string* path;  // Null: not recorded.
  bool syncs_folder;  // With its first sync.
};

RecordedFile* self(sqlite3_file* file) { return reinterpret_cast<RecordedFile*>(file); }
sqlite3_file* inner(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(self(file) + 1); }

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

int close_file(sqlite3_file* file) {
  const int result = inner(file)->pMethods->xClose(inner(file));
  delete self(file)->path;
  self(file)->path = nullptr;
  return result;
}

int write_file(sqlite3_file* file, const void* data, int n, sqlite3_int64 offset) {
  if (self(file)->path != nullptr) {
    if (current->fails()) return SQLITE_FULL;
    current->add({.kind = Kind::kWrite,
                  .path = *self(file)->path,
                  .offset = static_cast<std::uint64_t>(offset),
                  .bytes = {static_cast<const char*>(data), static_cast<std::size_t>(n)}});
  }
  return inner(file)->pMethods->xWrite(inner(file), data, n, offset);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (self(file)->path != nullptr) {
    if (current->fails()) return SQLITE_IOERR_TRUNCATE;
    current->add({.kind = Kind::kTruncate,
                  .path = *self(file)->path,
                  .offset = static_cast<std::uint64_t>(size)});
  }
  return inner(file)->pMethods->xTruncate(inner(file), size);
}

int sync_file(sqlite3_file* file, int) {
  if (self(file)->path == nullptr) return SQLITE_OK;
  if (current->fails()) return SQLITE_IOERR_FSYNC;
  current->add({.kind = Kind::kSync, .path = *self(file)->path});
  if (self(file)->syncs_folder) {
    current->add({.kind = Kind::kSyncFolder, .path = folder_of(*self(file)->path)});
    self(file)->syncs_folder = false;
  }
  return SQLITE_OK;
}

int read_file(sqlite3_file* f, void* data, int n, sqlite3_int64 offset) {
  return inner(f)->pMethods->xRead(inner(f), data, n, offset);
}
int file_size(sqlite3_file* f, sqlite3_int64* size) {
  return inner(f)->pMethods->xFileSize(inner(f), size);
}
int lock_file(sqlite3_file* f, int level) { return inner(f)->pMethods->xLock(inner(f), level); }
int unlock_file(sqlite3_file* f, int level) { return inner(f)->pMethods->xUnlock(inner(f), level); }
int reserved_lock(sqlite3_file* f, int* out) {
  return inner(f)->pMethods->xCheckReservedLock(inner(f), out);
}
int file_control(sqlite3_file* f, int op, void* argument) {
  return inner(f)->pMethods->xFileControl(inner(f), op, argument);
}
int sector_size(sqlite3_file* f) { return inner(f)->pMethods->xSectorSize(inner(f)); }
int characteristics(sqlite3_file* f) {
  return inner(f)->pMethods->xDeviceCharacteristics(inner(f));
}
int shm_map(sqlite3_file* f, int page, int n, int extend, void volatile** out) {
  return inner(f)->pMethods->xShmMap(inner(f), page, n, extend, out);
}
int shm_lock(sqlite3_file* f, int offset, int n, int flags) {
  return inner(f)->pMethods->xShmLock(inner(f), offset, n, flags);
}
void shm_barrier(sqlite3_file* f) { inner(f)->pMethods->xShmBarrier(inner(f)); }
int shm_unmap(sqlite3_file* f, int remove) {
  return inner(f)->pMethods->xShmUnmap(inner(f), remove);
}

const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  struct stat info{};
  const bool is_recorded = name != nullptr && std::string(name).starts_with(current->root());
  const bool is_there = name != nullptr && ::stat(name, &info) == 0;
  const int result = below->xOpen(below, name, inner(file), flags, out_flags);
  file->pMethods = inner(file)->pMethods != nullptr ? &kMethods : nullptr;
  self(file)->path = nullptr;
  self(file)->syncs_folder = false;
  if (result != SQLITE_OK || !is_recorded) return result;
  self(file)->path = new std::string(name);
  if (!is_there && ::stat(name, &info) == 0) {
    current->add({.kind = Kind::kCreate, .path = name});
  }
  // Also where another connection made it before.
  const bool is_log = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
  self(file)->syncs_folder = is_log && (flags & SQLITE_OPEN_CREATE) != 0;
  return result;
}

int remove_file(sqlite3_vfs*, const char* name, int sync_folder) {
  const int result = below->xDelete(below, name, 0);
  if (result != SQLITE_OK) return result;
  current->add({.kind = Kind::kRemove, .path = name});
  if (sync_folder != 0) current->add({.kind = Kind::kSyncFolder, .path = folder_of(name)});
  return result;
}

sqlite3_vfs recording;

}  // namespace

RecordingVfs::RecordingVfs(Trace& trace) {
  QUERN_CHECK(current == nullptr);
  current = &trace;
  below = sqlite3_vfs_find(nullptr);
  recording = *below;
  recording.zName = "recording";
  recording.szOsFile = static_cast<int>(sizeof(RecordedFile)) + below->szOsFile;
  recording.xOpen = open_file;
  recording.xDelete = remove_file;
  sqlite3_vfs_register(&recording, /*makeDflt=*/1);
}

RecordingVfs::~RecordingVfs() {
  sqlite3_vfs_unregister(&recording);
  sqlite3_vfs_register(below, /*makeDflt=*/1);
  current = nullptr;
}

}  // namespace quern::store
