#include "apps/dialogue/context_reader.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "base/check.h"

namespace quern::apps {
namespace {

// Dialogues that go through a reservoir together.
constexpr std::size_t kBatch = 64;

constexpr int kMaxContextTurns = 16;

// The last k turns, the newest first; zeros before the first.
void see_turns(const DialogueVectors& dialogue, std::size_t t, std::size_t k, std::span<float> x) {
  const auto d = static_cast<std::size_t>(dialogue.d);
  for (std::size_t back = 0; back < k; ++back) {
    const std::span<float> part = x.subspan(back * d, d);
    if (back > t) {
      std::fill(part.begin(), part.end(), 0.0f);
    } else {
      const std::span<const float> turn = dialogue.turn(t - back);
      std::copy(turn.begin(), turn.end(), part.begin());
    }
  }
}

void add_turn(std::span<const float> turn, std::size_t n, std::span<float> sum,
              std::span<float> mean) {
  for (std::size_t i = 0; i < turn.size(); ++i) {
    sum[i] += turn[i];
    mean[i] = sum[i] / static_cast<float>(n);
  }
}

// A reservoir's units weigh together as much as some turns do, so that one ridge suits both.
constexpr float kUnitsWeigh = 3;

void weigh_units(std::span<float> units) {
  const float weight = kUnitsWeigh / std::sqrt(static_cast<float>(units.size()));
  for (float& x : units) x *= weight;
}

}  // namespace

reservoir::NetworkSpec echo_state_spec(int n_units, std::uint64_t seed) {
  return {.n_units = n_units,
          .n_links = std::min(10, n_units),
          .spectral_radius = 0.9f,
          .leak = 0.3f,
          .input_scale = 3,
          .bias_scale = 0.1f,
          .seed = seed};
}

reservoir::NetworkSpec liquid_spec(int n_units, std::uint64_t seed) {
  return {.dynamics = reservoir::Dynamics::kSpiking,
          .n_units = n_units,
          .n_links = std::min(10, n_units),
          .spectral_radius = 0.5f,
          .input_scale = 6,
          .seed = seed};
}

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
  return 1 + static_cast<std::size_t>(spec_.n_turns) * static_cast<std::size_t>(d_) +
         (network_ ? static_cast<std::size_t>(network_->d_state()) : 0);
}

// The t-th turn of each of `who` into the reservoir.
void ContextReader::step(std::span<const DialogueVectors> dialogues,
                         std::span<const std::size_t> who, std::size_t t, reservoir::States& states,
                         ThreadPool& pool) const {
  std::vector<float> inputs;
  for (const std::size_t i : who) {
    const std::span<const float> turn = dialogues[i].turn(t);
    inputs.insert(inputs.end(), turn.begin(), turn.end());
    const float* extras = &dialogues[i].extras[t * kTurnExtras];
    inputs.insert(inputs.end(), extras, extras + kTurnExtras);
  }
  QUERN_CHECK(inputs.size() == who.size() * static_cast<std::size_t>(d_ + kTurnExtras));
  states.step(inputs, static_cast<int>(who.size()), pool);
}

Status ContextReader::read(std::span<const DialogueVectors> dialogues, ThreadPool& pool,
                           const Sink& sink) const {
  // Long ones first: those that go on are the first of their batch.
  std::vector<std::size_t> order(dialogues.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return dialogues[a].n_turns() > dialogues[b].n_turns();
  });
  const auto d = static_cast<std::size_t>(d_), k = static_cast<std::size_t>(spec_.n_turns);
  std::vector<float> x(static_cast<std::size_t>(d_x_)), sums, mean(d);
  for (std::size_t first = 0; first < order.size(); first += kBatch) {
    const auto batch = std::span(order).subspan(first, std::min(kBatch, order.size() - first));
    std::optional<reservoir::States> states;
    if (network_) states.emplace(*network_, static_cast<int>(batch.size()));
    sums.assign(batch.size() * d, 0.0f);
    std::size_t n_active = batch.size();
    for (std::size_t t = 0;; ++t) {
      while (n_active > 0 && dialogues[batch[n_active - 1]].n_turns() <= t) --n_active;
      if (n_active == 0) break;
      if (states) step(dialogues, batch.first(n_active), t, *states, pool);
      for (std::size_t b = 0; b < n_active; ++b) {
        const DialogueVectors& dialogue = dialogues[batch[b]];
        see_turns(dialogue, t, k, x);
        std::copy_n(&dialogue.extras[t * kTurnExtras], kTurnExtras, &x[k * d]);
        if (states) {
          const std::span<float> units = std::span(x).subspan(k * d + kTurnExtras);
          states->read(static_cast<int>(b), units);
          weigh_units(units);
        }
        add_turn(dialogue.turn(t), t + 1, std::span(sums).subspan(b * d, d), mean);
        QUERN_TRY(sink({.i_dialogue = batch[b], .i_turn = t, .x = x, .mean = mean}));
      }
    }
  }
  return {};
}

// What of a state and of what is seen is the reservoir's lies at its end.
void ContextReader::hear_by_network(std::span<const Hearing> hearings, ThreadPool& pool) const {
  const auto d_state = static_cast<std::size_t>(network_->d_state());
  const auto n_units = static_cast<std::size_t>(network_->n_units());
  const int n = static_cast<int>(hearings.size());
  reservoir::States states(*network_, n);
  std::vector<float> inputs;
  for (int i = 0; i < n; ++i) {
    const Hearing& hearing = hearings[static_cast<std::size_t>(i)];
    inputs.insert(inputs.end(), hearing.turn.begin(), hearing.turn.end());
    inputs.insert(inputs.end(), hearing.extras.begin(), hearing.extras.end());
    states.load(i, hearing.state.last(d_state));
  }
  states.step(inputs, n, pool);
  for (int i = 0; i < n; ++i) {
    const Hearing& hearing = hearings[static_cast<std::size_t>(i)];
    states.save(i, hearing.state.last(d_state));
    const std::span<float> units = hearing.x.last(n_units);
    states.read(i, units);
    weigh_units(units);
  }
}

void ContextReader::hear_by_turns(const Hearing& hearing) const {
  const auto d = static_cast<std::size_t>(d_);
  const std::size_t n_before = static_cast<std::size_t>(spec_.n_turns - 1) * d;
  const auto& [turn, extras, state, x, mean] = hearing;
  QUERN_CHECK(turn.size() == d && extras.size() == kTurnExtras && mean.size() == d);
  QUERN_CHECK(state.size() == n_state() && x.size() == static_cast<std::size_t>(d_x_));
  state[0] += 1;
  add_turn(turn, static_cast<std::size_t>(state[0]), state.subspan(1, d), mean);
  const std::span<float> before = state.subspan(1 + d, n_before);
  std::copy(turn.begin(), turn.end(), x.begin());
  std::copy(before.begin(), before.end(), x.subspan(d).begin());
  std::copy(extras.begin(), extras.end(), x.subspan(d + n_before).begin());
  if (n_before == 0) return;
  std::copy_backward(before.begin(), before.end() - static_cast<std::ptrdiff_t>(d), before.end());
  std::copy(turn.begin(), turn.end(), before.begin());
}

void ContextReader::hear(std::span<const Hearing> hearings, ThreadPool& pool) const {
  for (std::size_t first = 0; first < hearings.size(); first += kBatch) {
    const auto batch = hearings.subspan(first, std::min(kBatch, hearings.size() - first));
    for (const Hearing& hearing : batch) hear_by_turns(hearing);
    if (network_) hear_by_network(batch, pool);
  }
}

}  // namespace quern::apps
