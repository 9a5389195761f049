#include "apps/dialogue/dialogue_vectors.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <utility>

#include "apps/vector_stream.h"
#include "store/vector/stored_vector.h"

namespace quern::apps {
namespace {

/// Turns on their way to the engine and back.
class TurnStream {
 public:
  explicit TurnStream(const NextDialogue& next_dialogue) : next_dialogue_(next_dialogue) {}

  /// The next turn's text; what else is known of it waits for its vector.
  Result<std::optional<TextToEmbed>> next_text() {
    while (i_turn_ == dialogue_.turns.size()) {
      QUERN_ASSIGN(std::optional<Dialogue> next, next_dialogue_());
      if (!next) return std::optional<TextToEmbed>();
      dialogue_ = std::move(*next);
      extras_ = turn_extras(dialogue_);
      i_turn_ = 0;
      ++n_dialogues_;
    }
    Waiting turn = {.i_dialogue = n_dialogues_ - 1, .text = dialogue_.turns[i_turn_].text};
    std::copy_n(&extras_[i_turn_ * kTurnExtras], kTurnExtras, turn.extras.begin());
    waiting_.push_back(turn);
    ++i_turn_;
    return std::optional(TextToEmbed{.id = n_dialogues_ - 1, .text = std::move(turn.text)});
  }

  /// The first one that waits.
  Status hand_on(const EmbeddedText& embedded, int d,
                 const std::function<Status(const EmbeddedTurn&)>& sink) {
    if (!embedded.status.ok()) return embedded.status;
    if (!embedded.vector) return {Code::kBadInput, "a turn has no vector"};
    const std::vector<float> x = store::values_of(embedded.vector->row(), d);
    const Waiting& turn = waiting_.front();
    QUERN_TRY(sink(
        {.i_dialogue = turn.i_dialogue, .vector = x, .extras = turn.extras, .text = turn.text}));
    waiting_.pop_front();
    return {};
  }

 private:
  struct Waiting {
    std::size_t i_dialogue = 0;
    std::string text = {};
    std::array<float, kTurnExtras> extras = {};
  };

  const NextDialogue& next_dialogue_;
  Dialogue dialogue_;
  std::vector<float> extras_;
  std::size_t n_dialogues_ = 0;
  std::size_t i_turn_ = 0;
  std::deque<Waiting> waiting_;
};

}  // namespace

std::array<float, kTurnExtras> extras_after(const TurnsBefore& before, const Turn& turn) {
  const bool is_first = before.n == 0;
  return {is_first || turn.speaker == before.first_speaker ? 1.0f : -1.0f,
          !is_first && turn.speaker == before.last_speaker ? 1.0f : 0.0f,
          static_cast<float>(std::log1p(turn.gap_seconds.value_or(0)) / 10),
          std::min(1.0f, static_cast<float>(before.n) / 20)};
}

std::vector<float> turn_extras(const Dialogue& dialogue) {
  std::vector<float> out;
  TurnsBefore before;
  for (const Turn& turn : dialogue.turns) {
    const auto extras = extras_after(before, turn);
    out.insert(out.end(), extras.begin(), extras.end());
    if (before.n++ == 0) before.first_speaker = turn.speaker;
    before.last_speaker = turn.speaker;
  }
  return out;
}

Status embed_turns(const NextDialogue& next_dialogue, const DialogueEmbedding& embedding,
                   const std::function<Status(const EmbeddedTurn&)>& sink) {
  TurnStream turns(next_dialogue);
  VectorStreamJob job;
  job.embedder = embedding.embedder;
  job.log = embedding.log;
  job.next_text = [&] { return turns.next_text(); };
  job.is_stopped = embedding.is_stopped;
  VectorStream stream(std::move(job));
  for (std::size_t n = 1;; ++n) {
    QUERN_ASSIGN(std::optional<EmbeddedText> text, stream.next());
    if (!text) return {};
    QUERN_TRY(turns.hand_on(*text, embedding.embedder->d(), sink));
    if (embedding.on_turns && n % 64 == 0) embedding.on_turns(n);
  }
}

Result<std::vector<DialogueVectors>> vectors_of(const std::vector<Dialogue>& dialogues,
                                                const DialogueEmbedding& embedding) {
  std::vector<DialogueVectors> out(dialogues.size());
  for (DialogueVectors& each : out) each.d = embedding.embedder->d();
  std::size_t i = 0;
  const auto next = [&]() -> Result<std::optional<Dialogue>> {
    return i < dialogues.size() ? std::optional(dialogues[i++]) : std::nullopt;
  };
  QUERN_TRY(embed_turns(next, embedding, [&](const EmbeddedTurn& turn) -> Status {
    DialogueVectors& to = out[turn.i_dialogue];
    to.turns.insert(to.turns.end(), turn.vector.begin(), turn.vector.end());
    to.extras.insert(to.extras.end(), turn.extras.begin(), turn.extras.end());
    to.texts.push_back(turn.text);
    return {};
  }));
  return out;
}

}  // namespace quern::apps
