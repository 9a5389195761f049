// What a predictor sees of a dialogue so far: the last turns, or a reservoir that has heard them
// all and the last turn beside it, so that the plain linear map is nested in each; and the mean of
// all turns, which the next one is like.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/dialogue/dialogue_source.h"
#include "apps/dialogue/dialogue_vectors.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "reservoir/network.h"
#include "reservoir/states.h"

namespace quern::apps {

struct ContextSpec {
  int n_turns = 1;  // The last ones that are seen as they are, 1 to 16; earlier ones are zeros.
  std::optional<reservoir::NetworkSpec> reservoir = {};  // Its d_in is set here.

  bool operator==(const ContextSpec&) const = default;
};

/// Reservoirs of this many units as they did well on dialogues that they were not tried on
/// (docs/dialogue.md): an echo state network, and a spiking liquid.
reservoir::NetworkSpec echo_state_spec(int n_units, std::uint64_t seed);
reservoir::NetworkSpec liquid_spec(int n_units, std::uint64_t seed);

/// Threads: any.
class ContextReader {
 public:
  /// Errors: kBadInput for the spec.
  static Result<ContextReader> make(const ContextSpec& spec, int d);

  const ContextSpec& spec() const { return spec_; }
  const reservoir::Network* network() const { return network_ ? &*network_ : nullptr; }
  int d() const { return d_; }      // Of a turn's vector.
  int d_x() const { return d_x_; }  // Of what a readout sees.

  /// Floats that are kept of a conversation: how many turns there were and their sum, those that
  /// are seen as they are but for the last one, the reservoir's state.
  std::size_t n_state() const;

  /// What is seen after a turn. Borrowed.
  struct Seen {
    std::size_t i_dialogue = 0;
    std::size_t i_turn = 0;
    std::span<const float> x;     // [d_x] What a readout maps.
    std::span<const float> mean;  // [d] Of the turns so far.
    std::span<const float> next;  // [d] The turn that follows; empty after the last one.
  };

  /// After each turn. Dialogues go through together, so calls come in no order but that of each
  /// one's turns.
  using Sink = std::function<Status(const Seen& seen)>;
  Status read(std::span<const DialogueVectors> dialogues, ThreadPool& pool, const Sink& sink) const;

  /// The same of the dialogues `which` of a source; of each no more than some turns is in memory.
  /// Errors: those of the source and of the sink.
  Status read(const DialogueSource& dialogues, std::span<const std::size_t> which, ThreadPool& pool,
              const Sink& sink) const;

  /// A conversation that hears one more turn, and what is seen after it.
  struct Hearing {
    std::span<const float> turn;    // [d]
    std::span<const float> extras;  // [kTurnExtras]
    std::span<float> state;         // [n_state()] Zeros in the beginning; goes on by the turn.
    std::span<float> x;             // [d_x]
    std::span<float> mean;          // [d]
  };

  /// One turn of each of several conversations. The same bits as read(), in any company.
  void hear(std::span<const Hearing> hearings, ThreadPool& pool) const;

 private:
  class Passage;  // Of some dialogues, turn by turn.
  ContextReader() = default;
  void hear_by_network(std::span<const Hearing> hearings, ThreadPool& pool) const;
  void hear_by_turns(const Hearing& hearing) const;

  ContextSpec spec_;
  int d_ = 0;
  int d_x_ = 0;
  std::optional<reservoir::Network> network_;
};

}  // namespace quern::apps
