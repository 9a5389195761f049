// Source files to chunks and symbols: definitions whole, larger ones cut at inner nodes; by lines
// where there is no grammar. docs/code_chunks.md.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "apps/code/code_chunk.h"
#include "apps/code/line_chunks.h"
#include "base/byte_ledger.h"
#include "base/status.h"

namespace quern::apps {

class ChunkWorkers;

struct ChunkerOptions {
  std::string grammars_folder = {};  // With what tools/get_grammars.sh fetches; "": lines only.
  std::string program = {};          // Run as child; "": this program itself,
  std::vector<std::string> arguments = {"chunk-worker"};  // with these, and the folder behind them.
  int n_children = 2;
  std::size_t max_file_bytes = std::size_t{1} << 20;  // Larger ones are cut by lines.
  std::chrono::milliseconds time_limit{
      10'000};                               // For one file, by the clock: machines may be busy.
  std::chrono::milliseconds patience{3000};  // Beyond it, before a child is ended.
  std::size_t child_bytes = std::size_t{96} << 20;  // Heap of one child; 0: no limit. A tree can
                                                    // take eighty times its text.
  ByteLedger* ledger = nullptr;                     // Where children are tenants; outlives it.
  CutSizes sizes = {};
};

/// Threads: any.
/// Owns: its child processes, started when first wanted.
class Chunker {
 public:
  static Result<std::unique_ptr<Chunker>> create(const ChunkerOptions& options);
  ~Chunker();

  /// Starts the children without waiting for them, so that they are there when first wanted.
  void start_early();

  /// `language` by the grammar's name ("python", "c_sharp"), `utf8` any bytes. Never fails: what
  /// cannot be cut by syntax is cut by lines, and the note says why.
  ChunkedCode chunk(std::string_view language, std::string_view utf8);

  /// Changes where the same text may be cut in another way: our version, sizes, the grammars.
  std::string fingerprint() const;

 private:
  explicit Chunker(const ChunkerOptions& options);
  Result<ChunkedCode> chunk_by_syntax(std::string_view language, std::string_view utf8);

  const ChunkerOptions options_;
  const std::string identity_;  // Of the grammars; "": there are none.
  std::unique_ptr<ChunkWorkers> workers_;
  std::mutex mutex_;                         // Guards:
  std::map<std::uint64_t, Status> refused_;  // Texts that killed a worker, and how.
};

}  // namespace quern::apps
