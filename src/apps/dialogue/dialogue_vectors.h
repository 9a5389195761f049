// A dialogue as numbers: the vector of each turn, and what else is known of it.

#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/dialogue/dialogues.h"
#include "apps/text_embedder.h"
#include "apps/vector_log.h"
#include "base/status.h"

namespace quern::apps {

struct DialogueVectors {
  int d = 0;
  std::vector<float> turns = {};        // [n_turns, d], of length 1
  std::vector<float> extras = {};       // [n_turns, kTurnExtras]
  std::vector<std::string> texts = {};  // [n_turns]

  std::size_t n_turns() const { return texts.size(); }
  std::span<const float> turn(std::size_t i) const {
    return std::span(turns).subspan(i * static_cast<std::size_t>(d), static_cast<std::size_t>(d));
  }
};

/// Of a turn beside its vector: whether the first speaker says it (1, else -1), whether it is said
/// by who spoke before (1, else 0), log(1 + seconds since then) / 10, its place from 0 to 1 (1 from
/// the 20th turn on).
inline constexpr int kTurnExtras = 4;

std::vector<float> turn_extras(const Dialogue& dialogue);

/// Of one turn: who spoke first and before it, and how many turns there were.
struct TurnsBefore {
  std::string first_speaker = {};  // Of no meaning where n is 0.
  std::string last_speaker = {};
  std::size_t n = 0;
};
std::array<float, kTurnExtras> extras_after(const TurnsBefore& before, const Turn& turn);

struct DialogueEmbedding {
  const TextEmbedder* embedder = nullptr;
  VectorLog* log = nullptr;                                // Null: each text is embedded.
  std::function<void(std::size_t n_turns)> on_turns = {};  // Embedded so far. May be empty.
  std::function<bool()> is_stopped = {};                   // True ends it. May be empty.
};

/// Dialogue by dialogue, nothing at the end.
using NextDialogue = std::function<Result<std::optional<Dialogue>>()>;

struct EmbeddedTurn {
  std::size_t i_dialogue = 0;
  std::span<const float> vector;  // [d]
  std::span<const float> extras;  // [kTurnExtras]
  const std::string& text;
};

/// Hands the turns of all dialogues on in their order, each with its vector; no more of them are in
/// memory than one dialogue and what the engine works on. Errors: those of the engine, of
/// `next_dialogue` and of `sink`; kBadInput for a turn that cannot be embedded; kCancelled.
Status embed_turns(const NextDialogue& next_dialogue, const DialogueEmbedding& embedding,
                   const std::function<Status(const EmbeddedTurn& turn)>& sink);

/// In order. Errors: as embed_turns.
Result<std::vector<DialogueVectors>> vectors_of(const std::vector<Dialogue>& dialogues,
                                                const DialogueEmbedding& embedding);

}  // namespace quern::apps
