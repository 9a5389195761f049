// Dialogues as numbers, wherever they lie: what reads them turn by turn need not hold them all.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "apps/dialogue/dialogue_vectors.h"
#include "base/status.h"

namespace quern::apps {

struct TurnPlace {
  std::size_t i_dialogue = 0;
  std::size_t i_turn = 0;

  auto operator<=>(const TurnPlace&) const = default;
};

/// Dialogues without a turn count, too. Errors of all: kIo where they are on a disk. Places that
/// are not there are a bug. Threads: any may read.
class DialogueSource {
 public:
  virtual ~DialogueSource() = default;

  virtual int d() const = 0;  // Of a turn's vector; 0 where there is no dialogue.
  virtual std::size_t n_dialogues() const = 0;
  virtual std::size_t n_turns() const = 0;  // Of all dialogues.

  virtual Result<std::size_t> n_turns_of(std::size_t i_dialogue) const = 0;

  /// Of the i-th turn of all, dialogue by dialogue.
  virtual Result<TurnPlace> place(std::size_t i) const = 0;

  /// Shapes: vector [d], extras [kTurnExtras] or empty, where they are not wanted.
  virtual Status read_turn(const TurnPlace& place, std::span<float> vector,
                           std::span<float> extras) const = 0;

  virtual Result<std::string> text(const TurnPlace& place) const = 0;
};

/// Those that are in memory, which outlive it. Nothing of it fails.
class DialoguesInMemory : public DialogueSource {
 public:
  /// All of one width.
  explicit DialoguesInMemory(std::span<const DialogueVectors> dialogues);

  int d() const override { return dialogues_.empty() ? 0 : dialogues_[0].d; }
  std::size_t n_dialogues() const override { return dialogues_.size(); }
  std::size_t n_turns() const override { return begins_.back(); }
  Result<std::size_t> n_turns_of(std::size_t i_dialogue) const override;
  Result<TurnPlace> place(std::size_t i) const override;
  Status read_turn(const TurnPlace& place, std::span<float> vector,
                   std::span<float> extras) const override;
  Result<std::string> text(const TurnPlace& place) const override;

 private:
  std::span<const DialogueVectors> dialogues_;
  std::vector<std::size_t> begins_;  // [n_dialogues + 1] Turns before each.
};

/// Errors: kBadInput where the vectors are not all of one width.
Status check_widths(std::span<const DialogueVectors> dialogues);

}  // namespace quern::apps
