// A predictor at work: what comes next in dialogues, and in conversations that are heard turn by
// turn.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/dialogue/conversation.h"
#include "apps/dialogue/dialogue_batch.h"
#include "apps/dialogue/dialogue_cache.h"
#include "apps/dialogue/predictor_file.h"
#include "apps/dialogue/turn_vectors.h"
#include "base/status.h"

namespace quern::apps {

/// Threads: any. File, embedder, pool and cache outlive it.
class NextTurnService {
 public:
  struct Parts {
    PredictorFile* file = nullptr;
    const TextEmbedder* embedder = nullptr;  // The file's.
    ThreadPool* pool = nullptr;
    DialogueCache* cache = nullptr;  // Null: all is computed anew.
  };

  /// Reads the predictor. Errors: as PredictorFile::predictor.
  static Result<NextTurnService> make(const Parts& parts);

  const TurnPredictor& predictor() const { return *predictor_; }

  /// Of the predictor and of what embeds for it, a SHA-256 in hex: states of conversations belong
  /// to those of the same one.
  const std::string& fingerprint() const { return fingerprint_; }

  /// After all of each dialogue. Errors, of each: as next_of_all.
  std::vector<NextOutcome> after(std::span<const Dialogue> dialogues, const NextAsk& ask) const;
  Result<NextTurns> after(const Dialogue& dialogue, const NextAsk& ask = {}) const;

  /// Vectors of turns that are to be heard. Errors: kBadInput for a turn that cannot be embedded;
  /// as turn_vectors.
  Result<std::vector<TurnVector>> vectors(std::span<const Turn> turns, const NextAsk& ask) const;

  /// After more turns of a conversation, one at least, which goes on by them. A turn without a
  /// speaker is the first one's or the other's, in turn. Errors: as PredictorFile::nearest.
  Result<NextTurns> hear(ConversationState& state, std::span<const Turn> turns,
                         std::span<const TurnVector> vectors, std::uint32_t n_wanted) const;

 private:
  NextTurnService() = default;

  PredictingParts parts_;
  std::shared_ptr<const TurnPredictor> predictor_;
  std::string fingerprint_;
};

/// {"predictions":[{"text","score"}],"confidence"} behind what `fields` begins with: "" or
/// "\"name\":value,".
std::string json_from_next(const NextTurns& next, std::string_view fields = {});

/// What a cache did and holds; docs/dialogue.md has the names.
std::string json_from_cache(const DialogueCacheStats& dialogues,
                            const std::optional<engine::ResultCacheStats>& encodings);

}  // namespace quern::apps
