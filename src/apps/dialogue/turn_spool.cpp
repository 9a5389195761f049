#include "apps/dialogue/turn_spool.h"

#include <utility>

#include "base/check.h"

namespace quern::apps {
namespace {

template <typename T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

}  // namespace

Result<TurnSpool> TurnSpool::create(const std::string& folder, int d) {
  TurnSpool out;
  out.d_ = d;
  for (UnnamedFile* file : {&out.begins_, &out.turns_, &out.numbers_, &out.texts_}) {
    QUERN_ASSIGN(*file, UnnamedFile::create(folder));
  }
  return out;
}

Status TurnSpool::begin_dialogue() {
  const std::uint64_t n = n_turns();
  return begins_.append(bytes_of(n));
}

Status TurnSpool::add_turn(std::string_view text, std::span<const float> vector,
                           std::span<const float> extras) {
  QUERN_CHECK(vector.size() == static_cast<std::size_t>(d_) && extras.size() == kTurnExtras);
  QUERN_CHECK(n_dialogues() > 0);
  QUERN_ASSIGN(const std::uint64_t begin, begin_of(n_dialogues() - 1));
  const Turn turn = {.i_dialogue = n_dialogues() - 1,
                     .i_turn = n_turns() - begin,
                     .text_begin = texts_.n_bytes(),
                     .n_text_bytes = text.size()};
  QUERN_TRY(texts_.append(std::as_bytes(std::span(text))));
  QUERN_TRY(numbers_.append(std::as_bytes(vector)));
  QUERN_TRY(numbers_.append(std::as_bytes(extras)));
  return turns_.append(bytes_of(turn));
}

std::size_t TurnSpool::n_dialogues() const { return begins_.n_bytes() / sizeof(std::uint64_t); }

std::size_t TurnSpool::n_turns() const { return turns_.n_bytes() / sizeof(Turn); }

Result<std::uint64_t> TurnSpool::begin_of(std::size_t i_dialogue) const {
  if (i_dialogue == n_dialogues()) return std::uint64_t{n_turns()};
  std::uint64_t out = 0;
  QUERN_TRY(begins_.read(i_dialogue * sizeof(out), std::as_writable_bytes(std::span(&out, 1))));
  return out;
}

Result<std::size_t> TurnSpool::n_turns_of(std::size_t i_dialogue) const {
  QUERN_ASSIGN(const std::uint64_t begin, begin_of(i_dialogue));
  QUERN_ASSIGN(const std::uint64_t end, begin_of(i_dialogue + 1));
  return static_cast<std::size_t>(end - begin);
}

Result<std::uint64_t> TurnSpool::index_of(const TurnPlace& place) const {
  QUERN_ASSIGN(const std::uint64_t begin, begin_of(place.i_dialogue));
  return begin + place.i_turn;
}

Result<TurnPlace> TurnSpool::place(std::size_t i) const {
  Turn turn;
  QUERN_TRY(turns_.read(i * sizeof(turn), std::as_writable_bytes(std::span(&turn, 1))));
  return TurnPlace{.i_dialogue = turn.i_dialogue, .i_turn = turn.i_turn};
}

Status TurnSpool::read_turn(const TurnPlace& place, std::span<float> vector,
                            std::span<float> extras) const {
  QUERN_CHECK(vector.size() == static_cast<std::size_t>(d_));
  QUERN_ASSIGN(const std::uint64_t i, index_of(place));
  const std::uint64_t offset = i * n_numbers() * sizeof(float);
  QUERN_TRY(numbers_.read(offset, std::as_writable_bytes(vector)));
  if (extras.empty()) return {};
  return numbers_.read(offset + vector.size_bytes(), std::as_writable_bytes(extras));
}

Result<std::string> TurnSpool::text(const TurnPlace& place) const {
  QUERN_ASSIGN(const std::uint64_t i, index_of(place));
  Turn turn;
  QUERN_TRY(turns_.read(i * sizeof(turn), std::as_writable_bytes(std::span(&turn, 1))));
  std::string out(turn.n_text_bytes, '\0');
  QUERN_TRY(texts_.read(turn.text_begin, std::as_writable_bytes(std::span(out))));
  return out;
}

}  // namespace quern::apps
