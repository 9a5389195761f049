// A predictor at work: what comes next in whole dialogues, and in conversations that are heard turn
// by turn.

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "apps/dialogue/conversation.h"
#include "apps/dialogue/predictor_file.h"
#include "base/status.h"

namespace quern::apps {

/// Conversations that are remembered at a time.
inline constexpr std::size_t kMaxConversations = 100'000;

/// Threads: one at a time. File, embedder and pool outlive it.
class NextTurnService {
 public:
  /// Reads the predictor. Errors: as PredictorFile::predictor.
  static Result<NextTurnService> make(PredictorFile& file, const TextEmbedder& embedder,
                                      ThreadPool& pool, std::uint32_t n_wanted);

  /// After all of a dialogue. Errors: kBadInput for one without turns; those of the engine.
  Result<NextTurns> after(const Dialogue& dialogue);

  /// After one more turn of a conversation; a new name begins one. Nothing where it was only
  /// forked. Errors: kNotFound for a fork of what there is not; kExhausted above
  /// kMaxConversations; as after.
  Result<std::optional<NextTurns>> hear(const Said& said);

  std::size_t n_conversations() const { return conversations_.size(); }

  /// {"conversation": name, "state": hex} for each, a line each.
  std::string states() const;
  /// The same back, in place of what has those names. Errors: kBadInput naming the line.
  Status restore(std::string_view states);

 private:
  NextTurnService(PredictorFile& file, const TextEmbedder& embedder, ThreadPool& pool,
                  std::uint32_t n_wanted, TurnPredictor predictor);

  PredictorFile* file_;
  const TextEmbedder* embedder_;
  ThreadPool* pool_;
  std::uint32_t n_wanted_;
  std::unique_ptr<const TurnPredictor> predictor_;
  std::map<std::string, Conversation, std::less<>> conversations_;
};

/// {"predictions":[{"text","score"}],"confidence"} behind what `fields` begins with: "" or
/// "\"name\":value,".
std::string json_from_next(const NextTurns& next, std::string_view fields = {});

}  // namespace quern::apps
