#include "apps/dialogue/distinct_turns.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/checksum.h"

namespace quern::apps {
namespace {

// Texts that are told apart together: their hashes take some 10 MB.
constexpr std::size_t kTextsTogether = std::size_t{1} << 18;

constexpr std::size_t kHashesRead = 8192;

}  // namespace

Result<DistinctTurns> DistinctTurns::find(const DialogueSource& dialogues,
                                          const std::string& folder) {
  DistinctTurns out(dialogues);
  QUERN_ASSIGN(out.hashes_, UnnamedFile::create(folder));
  QUERN_TRY(out.read_texts());
  const std::uint64_t n_parts = out.n_ / kTextsTogether + 1;
  for (std::uint64_t part = 0; part < n_parts; ++part) {
    QUERN_TRY(out.drop_repeated(part, n_parts));
  }
  return out;
}

Status DistinctTurns::read_texts() {
  for (std::size_t i = 0; i < dialogues_->n_dialogues(); ++i) {
    QUERN_ASSIGN(const std::size_t n_turns, dialogues_->n_turns_of(i));
    for (std::size_t t = 0; t < n_turns; ++t) {
      std::uint64_t hash = 0;
      if (t > 0) {
        QUERN_ASSIGN(const std::string text, dialogues_->text({i, t}));
        hash = std::max<std::uint64_t>(1, checksum64(std::as_bytes(std::span(text))));
        ++n_;
      }
      QUERN_TRY(hashes_.append(std::as_bytes(std::span(&hash, 1))));
    }
  }
  return {};
}

// Of the texts whose hashes fall into this part. What has the hash of an earlier one is compared
// with it itself.
Status DistinctTurns::drop_repeated(std::uint64_t part, std::uint64_t n_parts) {
  std::unordered_multimap<std::uint64_t, std::size_t> first;
  return scan([&](std::size_t i, std::uint64_t hash) -> Status {
    if (hash % n_parts != part) return {};
    const auto [begin, end] = first.equal_range(hash);
    if (begin != end) {
      QUERN_ASSIGN(const TurnPlace place, dialogues_->place(i));
      QUERN_ASSIGN(const std::string text, dialogues_->text(place));
      for (auto it = begin; it != end; ++it) {
        QUERN_ASSIGN(const TurnPlace earlier, dialogues_->place(it->second));
        QUERN_ASSIGN(const std::string its_text, dialogues_->text(earlier));
        if (its_text == text) return drop(i);
      }
    }
    first.emplace(hash, i);
    return {};
  });
}

Status DistinctTurns::drop(std::size_t i) {
  const std::uint64_t none = 0;
  --n_;
  return hashes_.write(i * sizeof(none), std::as_bytes(std::span(&none, 1)));
}

Status DistinctTurns::scan(
    const std::function<Status(std::size_t i, std::uint64_t hash)>& each) const {
  const std::size_t n_all = hashes_.n_bytes() / sizeof(std::uint64_t);
  std::vector<std::uint64_t> some;
  for (std::size_t first = 0; first < n_all; first += kHashesRead) {
    some.resize(std::min(kHashesRead, n_all - first));
    QUERN_TRY(hashes_.read(first * sizeof(std::uint64_t), std::as_writable_bytes(std::span(some))));
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (some[i] != 0) QUERN_TRY(each(first + i, some[i]));
    }
  }
  return {};
}

Status DistinctTurns::for_each(const std::function<Status(const TurnPlace& place)>& each) const {
  return scan([&](std::size_t i, std::uint64_t) -> Status {
    QUERN_ASSIGN(const TurnPlace place, dialogues_->place(i));
    return each(place);
  });
}

}  // namespace quern::apps
