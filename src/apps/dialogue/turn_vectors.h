// The vectors of turns while somebody waits: equal texts once, all in one go, until the one who
// waits is gone.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "apps/text_embedder.h"
#include "base/status.h"
#include "engine/work_class.h"

namespace quern::apps {

/// How what may come next is asked for.
struct NextAsk {
  std::uint32_t n_wanted = 5;  // Candidates that are given.
  engine::WorkClass work_class = engine::WorkClass::kInteractive;
  std::optional<std::chrono::steady_clock::time_point> deadline = {};
  std::function<bool()> is_stopped = {};  // True: nobody waits any more. May be empty.
};

struct TurnVector {
  Status status = {};              // Not ok: this text failed, alone.
  std::vector<float> vector = {};  // [d] To the bit as vectors_of has it.
};

/// [texts] Errors: of all: a model that is gone, memory; kCancelled; kDeadline.
Result<std::vector<TurnVector>> turn_vectors(std::span<const std::string_view> texts,
                                             const TextEmbedder& embedder, const NextAsk& ask);

}  // namespace quern::apps
