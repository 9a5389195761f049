// What a server of dialogues is told.

#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace quern::serve {

/// A predictor's file, and the name that requests call it by.
struct DialogueFile {
  std::string name;
  std::string path;
};

struct DialogueOptions {
  std::vector<DialogueFile> files = {};  // The first is that of requests that name none.
  bool is_lazy = true;                   // Opened by the first request, not ahead.
  bool has_cache = true;
  std::size_t cache_bytes = 0;  // 0: 64 MB, or a sixteenth of the budget where that is less.
  std::size_t cache_items = 0;  // 0: as many as there is room for.
  std::size_t max_conversations = 100'000;  // Of each predictor;
  std::chrono::seconds idle{24 * 3600};     // one unused for so long makes room for a new one.
};

}  // namespace quern::serve
