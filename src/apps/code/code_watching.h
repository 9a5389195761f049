// Keeps an index what its tree is, for as long as it is wanted: text at once, vectors behind it,
// merges when there is nothing else to do.

#pragma once

#include <functional>
#include <string>

#include "apps/code/code_index.h"
#include "apps/ingest.h"
#include "apps/text_embedder.h"
#include "apps/vector_log.h"
#include "base/status.h"

namespace quern::apps {

/// What makes vectors: nothing of it is asked before the first text is in the index.
struct CodeEmbedding {
  const TextEmbedder* embedder = nullptr;
  VectorLog* log = nullptr;
  store::SpaceId space = 0;
};

struct CodeWatching {
  store::Writer* writer = nullptr;
  Chunker* chunker = nullptr;
  std::string root;
  WalkOptions walk = {};
  int n_threads = 2;
  /// Opens what makes vectors; asked once. Empty: none are made. An error is told and ends that.
  std::function<Result<CodeEmbedding>()> open_embedding = {};
  /// After each commit of text, and after each run of vectors. May be empty.
  std::function<void(const CodeUpdateReport&)> on_update = {};
  std::function<void(const IngestReport&)> on_vectors = {};
  std::function<void(const std::string&)> on_note = {};  // For people.
  std::function<bool()> is_stopped = {};                 // Asked often.
};

/// Until it is stopped. Errors: as watch_tree, update_code_index.
Status watch_code(const CodeWatching& watching);

}  // namespace quern::apps
