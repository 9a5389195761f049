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

// One more of the turns that are seen, [k, d], the newest first.
void push_turn(std::span<const float> turn, std::span<float> seen) {
  std::copy_backward(seen.begin(), seen.end() - static_cast<std::ptrdiff_t>(turn.size()),
                     seen.end());
  std::copy(turn.begin(), turn.end(), seen.begin());
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

class ContextReader::Passage {
 public:
  Passage(const ContextReader& reader, const DialogueSource& dialogues, ThreadPool& pool,
          const Sink& sink)
      : reader_(reader),
        dialogues_(dialogues),
        pool_(pool),
        sink_(sink),
        d_(static_cast<std::size_t>(reader.d_)),
        x_(static_cast<std::size_t>(reader.d_x_)),
        mean_(d_) {}

  struct Member {
    std::size_t i_dialogue = 0;
    std::size_t n_turns = 0;
  };

  /// Long ones first: those that go on are the first ones.
  Status run(std::span<const Member> members) {
    const std::size_t k = static_cast<std::size_t>(reader_.spec_.n_turns);
    n_active_ = members.size();
    now_.assign(n_active_ * n_heard(), 0.0f);
    ahead_ = now_;
    seen_.assign(n_active_ * k * d_, 0.0f);
    sums_.assign(n_active_ * d_, 0.0f);
    std::optional<reservoir::States> states;
    if (reader_.network_) states.emplace(*reader_.network_, static_cast<int>(members.size()));
    for (std::size_t t = 0;; ++t) {
      while (n_active_ > 0 && members[n_active_ - 1].n_turns <= t) --n_active_;
      if (n_active_ == 0) return {};
      QUERN_TRY(read_ahead(members, t));
      if (states) {
        states->step(std::span(now_).first(n_active_ * n_heard()), static_cast<int>(n_active_),
                     pool_);
      }
      for (std::size_t b = 0; b < n_active_; ++b) {
        QUERN_TRY(show(b, members[b], t, states ? &*states : nullptr));
      }
    }
  }

 private:
  std::size_t n_heard() const { return d_ + kTurnExtras; }

  // Each turn is read once: when the one before it is heard.
  Status read_ahead(std::span<const Member> members, std::size_t t) {
    std::swap(now_, ahead_);
    for (std::size_t b = 0; b < n_active_; ++b) {
      const auto read = [&](std::size_t i_turn, std::vector<float>& to) {
        const std::span<float> heard = std::span(to).subspan(b * n_heard(), n_heard());
        return dialogues_.read_turn({members[b].i_dialogue, i_turn}, heard.first(d_),
                                    heard.subspan(d_));
      };
      if (t == 0) QUERN_TRY(read(0, now_));
      if (t + 1 < members[b].n_turns) QUERN_TRY(read(t + 1, ahead_));
    }
    return {};
  }

  Status show(std::size_t b, const Member& member, std::size_t t, const reservoir::States* states) {
    const std::size_t n_seen = static_cast<std::size_t>(reader_.spec_.n_turns) * d_;
    const std::span<const float> heard = std::span(now_).subspan(b * n_heard(), n_heard());
    const std::span<float> seen = std::span(seen_).subspan(b * n_seen, n_seen);
    push_turn(heard.first(d_), seen);
    std::copy(seen.begin(), seen.end(), x_.begin());
    std::copy_n(&heard[d_], kTurnExtras, &x_[n_seen]);
    if (states != nullptr) {
      const std::span<float> units = std::span(x_).subspan(n_seen + kTurnExtras);
      states->read(static_cast<int>(b), units);
      weigh_units(units);
    }
    add_turn(heard.first(d_), t + 1, std::span(sums_).subspan(b * d_, d_), mean_);
    Seen out = {.i_dialogue = member.i_dialogue, .i_turn = t, .x = x_, .mean = mean_, .next = {}};
    if (t + 1 < member.n_turns) out.next = std::span(ahead_).subspan(b * n_heard(), d_);
    return sink_(out);
  }

  const ContextReader& reader_;
  const DialogueSource& dialogues_;
  ThreadPool& pool_;
  const Sink& sink_;
  const std::size_t d_;
  std::size_t n_active_ = 0;
  std::vector<float> now_, ahead_;  // [members][d + kTurnExtras] This turn and the next one.
  std::vector<float> seen_;         // [members][n_turns of the spec, d]
  std::vector<float> sums_;         // [members][d]
  std::vector<float> x_, mean_;
};

Status ContextReader::read(const DialogueSource& dialogues, std::span<const std::size_t> which,
                           ThreadPool& pool, const Sink& sink) const {
  std::vector<Passage::Member> members;
  for (const std::size_t i : which) {
    QUERN_ASSIGN(const std::size_t n_turns, dialogues.n_turns_of(i));
    members.push_back({i, n_turns});
  }
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& a, const auto& b) { return a.n_turns > b.n_turns; });
  Passage passage(*this, dialogues, pool, sink);
  for (std::size_t first = 0; first < members.size(); first += kBatch) {
    QUERN_TRY(
        passage.run(std::span(members).subspan(first, std::min(kBatch, members.size() - first))));
  }
  return {};
}

Status ContextReader::read(std::span<const DialogueVectors> dialogues, ThreadPool& pool,
                           const Sink& sink) const {
  QUERN_TRY(check_widths(dialogues));
  std::vector<std::size_t> all(dialogues.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return read(DialoguesInMemory(dialogues), all, pool, sink);
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
