// The real disk with everything that is done to it written down, by us and by SQLite, in one trace.

#pragma once

#include <string>

#include "base/file_layer.h"
#include "store/crash/trace.h"

namespace quern::store {

class RecordingFiles : public FileLayer {
 public:
  explicit RecordingFiles(Trace& trace) : trace_(trace) {}

  Result<OutputFile> create(const std::string& path) override;
  Status append(OutputFile& file, std::span<const std::byte> bytes) override;
  Status sync(OutputFile& file) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_folder(const std::string& path) override;
  Status sync_folder(const std::string& path) override;

 private:
  Trace& trace_;
};

/// While it lives, SQLite's files in the trace's folder are recorded, too. One at a time.
class RecordingVfs {
 public:
  explicit RecordingVfs(Trace& trace);
  ~RecordingVfs();
  RecordingVfs(const RecordingVfs&) = delete;
  RecordingVfs& operator=(const RecordingVfs&) = delete;
};

}  // namespace quern::store
