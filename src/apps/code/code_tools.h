// What agents ask of a source tree, as functions that answer in text: search, similar, symbols,
// read, status. The index is made where there is none and looked after before each answer, for a
// bounded time; every answer says of which tree it is, what is not in it yet, and where it was cut.
// docs/mcp.md.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "apps/code/chunker.h"
#include "apps/code/code_index.h"
#include "apps/code/code_keeper.h"
#include "apps/code/code_search.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "store/store.h"

namespace quern::apps {

struct CodeToolsOptions {
  CodePlace place;
  Chunker* chunker = nullptr;  // Both outlive the tools.
  ThreadPool* pool = nullptr;
  std::string below = {};                // A folder or file of the tree that is searched; "": all.
  std::optional<WalkOptions> walk = {};  // As CodeUpdate has it.
  int n_threads = 2;                     // That read and cut files.
  std::string who;                       // For people: the command.
  std::string refusal = {};              // Not empty: every call is answered with this error.
  // How long an answer waits for the index to be what the tree is.
  std::chrono::milliseconds patience{2000};
  /// Makes the engine of an index that has a model, in the background; empty: words and names only.
  std::function<Result<std::unique_ptr<engine::Engine>>()> open_engine = {};
  std::function<Result<std::unique_ptr<VectorLog>>(const TextEmbedder&)> open_log = {};
};

// Bounds of what can be asked for, and what is meant where nothing is said.
inline constexpr int kMaxToolLimit = 50;
inline constexpr int kMaxToolSymbols = 500;
inline constexpr int kMaxToolTokens = 20'000;
inline constexpr int kMinToolTokens = 100;
inline constexpr int kMaxToolOffset = 2000;  // So many hits can be paged through.

struct CodeToolSearch {
  std::string query;
  int limit = 10;
  std::vector<std::string> paths = {};      // As CodeAsk has them, and the next ones.
  std::vector<std::string> languages = {};  // "c++", "js" and the like are understood, too.
  std::vector<std::string> kinds = {};
  bool only_definitions = false;
  int max_lines = 12;  // Of each hit that are shown; 0: only where they are.
  int max_tokens = 2000;
  std::string cursor = {};
};

struct CodeToolSimilar {
  std::string path;
  int line = 1;
  int limit = 10;
  int max_lines = 12;
  int max_tokens = 2000;
  std::string cursor = {};
};

/// Either a name, or a path.
struct CodeToolSymbols {
  std::string name = {};  // Whose definitions are wanted: "parse", "Parser.parse".
  std::string path = {};  // Of a file whose outline is wanted.
  std::vector<std::string> kinds = {};
  int limit = 50;
  int max_tokens = 2000;
  std::string cursor = {};
};

struct CodeToolRead {
  std::string path;  // From the root, or absolute.
  int start_line = 1;
  int end_line = 0;  // Inclusive; 0: as far as there is room.
  int max_tokens = 4000;
};

struct ToolAnswer {
  std::string text;
  std::string cursor = {};  // To what was left out; "" where nothing was.
};

/// How a call is going on, for whoever made it.
struct ToolCall {
  std::function<bool()> is_cancelled = {};  // Asked often. May be empty.
  std::function<void(std::size_t n_done, std::size_t n_wanted)> on_progress = {};
};

/// Threads: any; calls run beside each other. Opens nothing before the first call.
/// Errors of all calls: kBadInput for what was asked, in words that say what to ask instead;
/// kNotFound for files and names; kCancelled; those of the index.
class CodeTools {
 public:
  explicit CodeTools(CodeToolsOptions options);
  ~CodeTools();
  CodeTools(const CodeTools&) = delete;
  CodeTools& operator=(const CodeTools&) = delete;

  const std::string& root() const { return options_.place.root; }

  Result<ToolAnswer> search(const CodeToolSearch& ask, const ToolCall& call = {});
  Result<ToolAnswer> similar(const CodeToolSimilar& ask, const ToolCall& call = {});
  Result<ToolAnswer> symbols(const CodeToolSymbols& ask, const ToolCall& call = {});
  Result<ToolAnswer> read(const CodeToolRead& ask, const ToolCall& call = {});
  Result<ToolAnswer> status(const ToolCall& call = {});

 private:
  struct Question;     // What search and similar have in common.
  struct OpenFile;     // A file's text and what it is.
  struct SymbolLines;  // What symbols found.

  Status open();
  Status open_store(std::uint64_t identity);
  std::shared_ptr<store::Store> store() const;
  void want_engine(const store::Generation& generation);
  void open_engine(const store::VectorSpace& space);
  std::string seal_of(const Question& question) const;
  std::string root_line() const;
  Result<CodeFreshness> refresh(const ToolCall& call);
  Result<store::Snapshot> snapshot_for(const Question& question, const ToolCall& call,
                                       CodeFreshness& freshness, std::size_t& offset);
  Result<ToolAnswer> answer(const Question& question, const ToolCall& call);
  std::string notes(const CodeFreshness& freshness, const std::string& why_no_vectors,
                    std::uint64_t n_without_vector) const;
  std::string why_no_vectors(const store::Generation& generation, const CodeAnswer& answer) const;
  std::string why_empty(const Question& question, const CodeAnswer& answer,
                        const CodeFreshness& freshness);
  Result<CodeAnswer> run_search(const store::Snapshot& snapshot, const CodeAsk& ask,
                                const std::string& path = {}, int line = 0);
  Result<OpenFile> open_file(const std::string& path);
  WalkOptions files_meant();
  Result<ToolAnswer> outline(const CodeToolSymbols& ask);
  Result<ToolAnswer> definitions(const CodeToolSymbols& ask, const ToolCall& call);
  Result<std::string> near_names(const store::Snapshot& snapshot, const std::string& name);
  Result<ToolAnswer> symbol_page(const CodeToolSymbols& ask, const SymbolLines& found);
  std::string languages_of_index();

  const CodeToolsOptions options_;

  std::mutex open_mutex_;  // Of whoever finds that there is no index, or another.

  mutable std::mutex mutex_;                              // Guards these.
  std::shared_ptr<store::Store> store_;                   // Null before the first call.
  std::uint64_t store_identity_ = 0;                      // Of its catalog: device and inode.
  std::vector<std::unique_ptr<CodeSearcher>> searchers_;  // That nobody uses now.
  std::deque<store::Snapshot> answered_;                  // Those that cursors lead to.
  engine::Engine* ready_engine_ = nullptr;                // Once its model is there.
  std::string engine_problem_;
  std::string engine_wanted_for_;  // The fingerprint of the space that it was last opened for.
  bool is_opening_ = false;

  // In the order in which they need each other.
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<CodeKeeper> keeper_;
  std::thread opening_;
};

}  // namespace quern::apps
