// What comes next in many dialogues at once. Dialogues that begin alike are one as far as they do:
// a tree of turns, each of which is embedded and heard once, from the longest beginning that the
// cache knows; those of one depth are heard together.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/dialogue/dialogue_cache.h"
#include "apps/dialogue/dialogues.h"
#include "apps/dialogue/predictor_file.h"
#include "apps/dialogue/turn_predictor.h"
#include "apps/dialogue/turn_vectors.h"
#include "apps/text_embedder.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace quern::apps {

/// What predictions are made with. All outlive their use; `cache` may be null.
struct PredictingParts {
  PredictorFile* file = nullptr;
  const TurnPredictor* predictor = nullptr;  // Of the file.
  const TextEmbedder* embedder = nullptr;    // The file's.
  ThreadPool* pool = nullptr;
  DialogueCache* cache = nullptr;
  std::uint64_t service = 0;  // DialogueKey::service.
};

struct NextOutcome {
  Status status = {};  // Not ok: of this dialogue, alone.
  NextTurns next = {};
};

/// [dialogues] To the bit as of each alone, with and without a cache. One that has no turn, or a
/// turn that cannot be embedded, fails alone (kBadInput); all that are not known already fail with
/// the engine's errors, kCancelled and kDeadline.
/// Threads: any.
std::vector<NextOutcome> next_of_all(const PredictingParts& parts,
                                     std::span<const Dialogue> dialogues, const NextAsk& ask);

}  // namespace quern::apps
