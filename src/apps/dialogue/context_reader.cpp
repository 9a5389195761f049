#include "apps/dialogue/context_reader.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "base/check.h"
#include "reservoir/states.h"

namespace quern::apps {
namespace {

// Dialogues that go through a reservoir together.
constexpr std::size_t kBatch = 64;

constexpr int kMaxContextTurns = 16;

}  // namespace

Result<ContextReader> ContextReader::make(const ContextSpec& spec, int d) {
  if (spec.n_turns < 1 || spec.n_turns > kMaxContextTurns) {
    return {Code::kBadInput,
            fmt::format("a context of {} turns, wanted 1 to {}", spec.n_turns, kMaxContextTurns)};
  }
  ContextReader out;
  out.spec_ = spec;
  out.d_ = d;
  out.d_x_ = spec.n_turns * d + kTurnExtras;
  if (spec.reservoir) {
    out.spec_.reservoir->d_in = d + kTurnExtras;
    QUERN_ASSIGN(reservoir::Network network, reservoir::Network::make(*out.spec_.reservoir));
    out.network_ = std::move(network);
    out.d_x_ += out.network_->n_units();
  }
  return out;
}

std::size_t ContextReader::n_state() const {
  return static_cast<std::size_t>(spec_.n_turns - 1) * static_cast<std::size_t>(d_) +
         (network_ ? static_cast<std::size_t>(network_->d_state()) : 0);
}

Status ContextReader::read(std::span<const DialogueVectors> dialogues, ThreadPool& pool,
                           const Sink& sink) const {
  // Long ones first: those that go on are the first of their batch.
  std::vector<std::size_t> order(dialogues.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return dialogues[a].n_turns() > dialogues[b].n_turns();
  });
  const auto d = static_cast<std::size_t>(d_), d_x = static_cast<std::size_t>(d_x_);
  const std::size_t d_in = d + kTurnExtras;
  std::vector<float> x(d_x), inputs;
  for (std::size_t first = 0; first < order.size(); first += kBatch) {
    const auto batch = std::span(order).subspan(first, std::min(kBatch, order.size() - first));
    std::optional<reservoir::States> states;
    if (network_) states.emplace(*network_, static_cast<int>(batch.size()));
    std::size_t n_active = batch.size();
    for (std::size_t t = 0;; ++t) {
      while (n_active > 0 && dialogues[batch[n_active - 1]].n_turns() <= t) --n_active;
      if (n_active == 0) break;
      if (states) {
        inputs.clear();
        for (const std::size_t i : batch.first(n_active)) {
          const std::span<const float> turn = dialogues[i].turn(t);
          inputs.insert(inputs.end(), turn.begin(), turn.end());
          const float* extras = &dialogues[i].extras[t * kTurnExtras];
          inputs.insert(inputs.end(), extras, extras + kTurnExtras);
        }
        QUERN_CHECK(inputs.size() == n_active * d_in);
        states->step(inputs, static_cast<int>(n_active), pool);
      }
      for (std::size_t b = 0; b < n_active; ++b) {
        const DialogueVectors& dialogue = dialogues[batch[b]];
        for (std::size_t back = 0; back < static_cast<std::size_t>(spec_.n_turns); ++back) {
          const std::span<float> part = std::span(x).subspan(back * d, d);
          if (back > t) {
            std::fill(part.begin(), part.end(), 0.0f);
          } else {
            const std::span<const float> turn = dialogue.turn(t - back);
            std::copy(turn.begin(), turn.end(), part.begin());
          }
        }
        const std::size_t n_seen = static_cast<std::size_t>(spec_.n_turns) * d;
        std::copy_n(&dialogue.extras[t * kTurnExtras], kTurnExtras, &x[n_seen]);
        if (states) states->read(static_cast<int>(b), std::span(x).subspan(n_seen + kTurnExtras));
        QUERN_TRY(sink(batch[b], t, x));
      }
    }
  }
  return {};
}

void ContextReader::hear(std::span<const float> turn, std::span<const float> extras,
                         std::span<float> state, ThreadPool& pool, std::span<float> out) const {
  const auto d = static_cast<std::size_t>(d_);
  const std::size_t n_before = static_cast<std::size_t>(spec_.n_turns - 1) * d;
  QUERN_CHECK(turn.size() == d && extras.size() == kTurnExtras);
  QUERN_CHECK(state.size() == n_state() && out.size() == static_cast<std::size_t>(d_x_));
  std::copy(turn.begin(), turn.end(), out.begin());
  std::copy(state.begin(), state.begin() + static_cast<std::ptrdiff_t>(n_before),
            out.begin() + static_cast<std::ptrdiff_t>(d));
  std::copy(extras.begin(), extras.end(), out.begin() + static_cast<std::ptrdiff_t>(d + n_before));
  if (network_) {
    std::vector<float> input(turn.begin(), turn.end());
    input.insert(input.end(), extras.begin(), extras.end());
    reservoir::States one(*network_, 1);
    one.load(0, state.subspan(n_before));
    one.step(input, 1, pool);
    one.save(0, state.subspan(n_before));
    one.read(0, out.subspan(d + n_before + kTurnExtras));
  }
  if (n_before > 0) {
    std::copy_backward(state.begin(), state.begin() + static_cast<std::ptrdiff_t>(n_before - d),
                       state.begin() + static_cast<std::ptrdiff_t>(n_before));
    std::copy(turn.begin(), turn.end(), state.begin());
  }
}

}  // namespace quern::apps
