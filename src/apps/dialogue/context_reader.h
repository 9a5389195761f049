// What a readout sees of a dialogue so far: the last turns, or a reservoir that has heard them all
// and the last turn beside it, so that the plain linear map is nested in each.

#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/dialogue/dialogue_vectors.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "reservoir/network.h"

namespace quern::apps {

struct ContextSpec {
  int n_turns = 1;  // The last ones that are seen as they are, 1 to 16; earlier ones are zeros.
  std::optional<reservoir::NetworkSpec> reservoir = {};  // Its d_in is set here.
};

/// Threads: one at a time.
class ContextReader {
 public:
  /// Errors: kBadInput for the spec.
  static Result<ContextReader> make(const ContextSpec& spec, int d);

  const ContextSpec& spec() const { return spec_; }
  const reservoir::Network* network() const { return network_ ? &*network_ : nullptr; }
  int d() const { return d_; }      // Of a turn's vector.
  int d_x() const { return d_x_; }  // Of what a readout sees.

  /// Floats that are kept of a conversation: the last turns and the reservoir's state.
  std::size_t n_state() const;

  /// After each turn, what is seen then: x [d_x]. Dialogues go through together, so calls come in
  /// no order but that of each one's turns.
  using Sink =
      std::function<Status(std::size_t i_dialogue, std::size_t i_turn, std::span<const float> x)>;
  Status read(std::span<const DialogueVectors> dialogues, ThreadPool& pool, const Sink& sink) const;

  /// One conversation, a turn at a time. Shapes: turn [d], extras [kTurnExtras], state [n_state()],
  /// which is zeros in the beginning, out [d_x].
  void hear(std::span<const float> turn, std::span<const float> extras, std::span<float> state,
            ThreadPool& pool, std::span<float> out) const;

 private:
  ContextReader() = default;

  ContextSpec spec_;
  int d_ = 0;
  int d_x_ = 0;
  std::optional<reservoir::Network> network_;
};

}  // namespace quern::apps
