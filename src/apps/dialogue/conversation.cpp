#include "apps/dialogue/conversation.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "apps/dialogue/predictor_form.h"
#include "base/checksum.h"

namespace quern::apps {
namespace {

// n_turns, bytes of the first and of the last speaker's name, floats; then those, then a checksum.
struct Head {
  std::uint64_t n_turns = 0;
  std::uint32_t n_first = 0;
  std::uint32_t n_last = 0;
  std::uint64_t n_floats = 0;
};

}  // namespace

std::vector<float> Conversation::hear(const Turn& turn, std::span<const float> vector,
                                      ThreadPool& pool) {
  const ContextReader& context = predictor_->context();
  const auto extras = extras_after(before_, turn);
  std::vector<float> x(static_cast<std::size_t>(context.d_x())), mean(vector.size());
  context.hear(vector, extras, state_, pool, x, mean);
  if (before_.n++ == 0) before_.first_speaker = turn.speaker;
  before_.last_speaker = turn.speaker;
  std::vector<float> out(vector.size());
  predictor_->predict_one(x, mean, out);
  return out;
}

std::string Conversation::to_bytes() const {
  const Head head = {.n_turns = before_.n,
                     .n_first = static_cast<std::uint32_t>(before_.first_speaker.size()),
                     .n_last = static_cast<std::uint32_t>(before_.last_speaker.size()),
                     .n_floats = state_.size()};
  std::string out(reinterpret_cast<const char*>(&head), sizeof(head));
  out += before_.first_speaker + before_.last_speaker + bytes_from(state_);
  const std::uint64_t sum = checksum64(std::as_bytes(std::span(out)));
  return out.append(reinterpret_cast<const char*>(&sum), sizeof(sum));
}

Result<Conversation> Conversation::from_bytes(const TurnPredictor& predictor,
                                              std::string_view bytes) {
  const Status damaged(Code::kBadInput, "the state of a conversation is damaged");
  Head head;
  std::uint64_t sum = 0;
  if (bytes.size() < sizeof(head) + sizeof(sum)) return damaged;
  std::memcpy(&head, bytes.data(), sizeof(head));
  std::memcpy(&sum, bytes.data() + bytes.size() - sizeof(sum), sizeof(sum));
  bytes.remove_suffix(sizeof(sum));
  if (checksum64(std::as_bytes(std::span(bytes))) != sum) return damaged;
  bytes.remove_prefix(sizeof(head));
  Conversation out(predictor);
  if (head.n_floats != out.state_.size()) {
    return {Code::kBadInput, fmt::format("the state of a conversation has {} numbers, the "
                                         "predictor's {}: it is another's",
                                         head.n_floats, out.state_.size())};
  }
  const std::size_t n_names = std::size_t{head.n_first} + head.n_last;
  if (bytes.size() != n_names + out.state_.size() * sizeof(float)) return damaged;
  out.before_.n = head.n_turns;
  out.before_.first_speaker = bytes.substr(0, head.n_first);
  out.before_.last_speaker = bytes.substr(head.n_first, head.n_last);
  bytes.remove_prefix(n_names);
  QUERN_ASSIGN(out.state_, floats_from(std::as_bytes(std::span(bytes)), out.state_.size()));
  const bool is_finite =
      std::all_of(out.state_.begin(), out.state_.end(), [](float x) { return std::isfinite(x); });
  if (!is_finite || static_cast<float>(head.n_turns) != out.state_[0]) return damaged;
  return out;
}

}  // namespace quern::apps
