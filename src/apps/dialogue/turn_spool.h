// Dialogues that wait on the disk while a predictor is trained on them: their numbers and texts in
// files that are gone with the program, however it ends. Memory does not grow with the turns.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "apps/dialogue/dialogue_source.h"
#include "base/status.h"
#include "base/unnamed_file.h"

namespace quern::apps {

class TurnSpool : public DialogueSource {
 public:
  /// For vectors of `d` numbers, on the disk of `folder`. Errors: kNotFound, kIo.
  static Result<TurnSpool> create(const std::string& folder, int d);

  /// One more dialogue, to which the turns that are added from now on belong. Errors: kIo.
  Status begin_dialogue();

  /// Shapes: vector [d], extras [kTurnExtras]. Errors: kIo (the disk is full).
  Status add_turn(std::string_view text, std::span<const float> vector,
                  std::span<const float> extras);

  int d() const override { return d_; }
  std::size_t n_dialogues() const override;
  std::size_t n_turns() const override;
  Result<std::size_t> n_turns_of(std::size_t i_dialogue) const override;
  Result<TurnPlace> place(std::size_t i) const override;
  Status read_turn(const TurnPlace& place, std::span<float> vector,
                   std::span<float> extras) const override;
  Result<std::string> text(const TurnPlace& place) const override;

 private:
  /// Of a turn, beside its numbers.
  struct Turn {
    std::uint64_t i_dialogue = 0;
    std::uint64_t i_turn = 0;
    std::uint64_t text_begin = 0;
    std::uint64_t n_text_bytes = 0;
  };

  TurnSpool() = default;
  std::size_t n_numbers() const { return static_cast<std::size_t>(d_) + kTurnExtras; }
  Result<std::uint64_t> begin_of(std::size_t i_dialogue) const;
  Result<std::uint64_t> index_of(const TurnPlace& place) const;

  int d_ = 0;
  UnnamedFile begins_;   // u64 [n_dialogues]: turns before each.
  UnnamedFile turns_;    // Turn [n_turns]
  UnnamedFile numbers_;  // f32 [n_turns][d + kTurnExtras]
  UnnamedFile texts_;
};

}  // namespace quern::apps
