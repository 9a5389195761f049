#include "apps/dialogue/dialogue_vectors.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "apps/vector_stream.h"
#include "store/vector/stored_vector.h"

namespace quern::apps {
namespace {

/// The turns of all dialogues, one after the other.
class TurnTexts {
 public:
  explicit TurnTexts(const std::vector<Dialogue>& dialogues) : dialogues_(dialogues) {}

  std::optional<TextToEmbed> next() {
    while (i_dialogue_ < dialogues_.size() && i_turn_ == dialogues_[i_dialogue_].turns.size()) {
      ++i_dialogue_;
      i_turn_ = 0;
    }
    if (i_dialogue_ == dialogues_.size()) return {};
    return TextToEmbed{.id = i_dialogue_, .text = dialogues_[i_dialogue_].turns[i_turn_++].text};
  }

 private:
  const std::vector<Dialogue>& dialogues_;
  std::size_t i_dialogue_ = 0;
  std::size_t i_turn_ = 0;
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

Result<std::vector<DialogueVectors>> vectors_of(const std::vector<Dialogue>& dialogues,
                                                const DialogueEmbedding& embedding) {
  const int d = embedding.embedder->d();
  std::vector<DialogueVectors> out(dialogues.size());
  for (std::size_t i = 0; i < dialogues.size(); ++i) {
    out[i].d = d;
    out[i].extras = turn_extras(dialogues[i]);
    out[i].turns.reserve(dialogues[i].turns.size() * static_cast<std::size_t>(d));
    for (const Turn& turn : dialogues[i].turns) out[i].texts.push_back(turn.text);
  }
  TurnTexts texts(dialogues);
  VectorStreamJob job;
  job.embedder = embedding.embedder;
  job.log = embedding.log;
  job.next_text = [&]() -> Result<std::optional<TextToEmbed>> { return texts.next(); };
  job.is_stopped = embedding.is_stopped;
  VectorStream stream(std::move(job));
  for (std::size_t n = 0;; ++n) {
    QUERN_ASSIGN(std::optional<EmbeddedText> text, stream.next());
    if (!text) break;
    if (!text->status.ok()) return text->status;
    if (!text->vector) return {Code::kBadInput, "a turn has no vector"};
    const std::vector<float> x = store::values_of(text->vector->row(), d);
    std::vector<float>& turns = out[text->id].turns;
    turns.insert(turns.end(), x.begin(), x.end());
    if (embedding.on_turns && n % 64 == 0) embedding.on_turns(n);
  }
  return out;
}

}  // namespace quern::apps
