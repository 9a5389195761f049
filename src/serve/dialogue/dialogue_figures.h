// What /metrics shows of dialogues beside what was predicted.

#pragma once

#include <cstddef>

#include "apps/dialogue/dialogue_cache.h"

namespace quern::serve {

struct DialogueFigures {
  apps::DialogueCacheStats cache = {};
  std::size_t n_conversations = 0;  // Of all predictors.
  long n_expired = 0;               // Conversations that were idle, and made room for others.
};

}  // namespace quern::serve
