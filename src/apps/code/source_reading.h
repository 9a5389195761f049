// Files of a tree to documents, by several threads, handed over in their order, with bounded
// memory.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "apps/code/chunker.h"
#include "apps/code/code_files.h"
#include "apps/code/tree_walk.h"
#include "base/status.h"
#include "store/schema.h"

namespace quern::apps {

/// One file, read and cut.
struct ReadFile {
  CodeFile facts;
  bool is_gone = false;  // It is no file any more.
  bool is_unreadable = false;
  bool has_old_content = false;  // The bytes that were expected: there are no documents.
  std::uint64_t n_bytes = 0;     // Read.
  std::vector<store::Document> documents;
};

struct FileToRead {
  WalkedFile file;
  std::string old_digest = {};    // "": documents are wanted whatever it holds.
  std::uint32_t n_tries = 0;      // As CodeFile's,
  std::string tried_digest = {};  // of this content.
};

/// Threads: one calls it.
class SourceReading {
 public:
  /// `files` and the chunker outlive it.
  SourceReading(std::string root, const std::vector<FileToRead>& files, std::uint64_t max_bytes,
                Chunker& chunker, int n_threads);
  ~SourceReading();  // What is under way is finished and dropped.
  SourceReading(const SourceReading&) = delete;
  SourceReading& operator=(const SourceReading&) = delete;

  /// The next file, in order; there is one as long as not all were handed over.
  ReadFile next();

 private:
  void work();

  const std::string root_;
  const std::vector<FileToRead>& files_;
  const std::uint64_t max_bytes_;
  Chunker& chunker_;

  std::mutex mutex_;  // Guards these.
  std::condition_variable changed_;
  std::size_t n_taken_ = 0;
  std::size_t n_given_ = 0;
  std::uint64_t n_bytes_held_ = 0;
  std::map<std::size_t, ReadFile> done_;
  bool is_stopped_ = false;

  std::vector<std::thread> threads_;
};

/// One file as it is now.
ReadFile read_code_file(const std::string& root, const FileToRead& wanted, std::uint64_t max_bytes,
                        Chunker& chunker);

}  // namespace quern::apps
