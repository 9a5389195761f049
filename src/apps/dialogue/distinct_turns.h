// The turns that may be answers: those that follow another one, each text once. Found in memory
// that does not grow with them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "apps/dialogue/dialogue_source.h"
#include "base/status.h"
#include "base/unnamed_file.h"

namespace quern::apps {

class DistinctTurns {
 public:
  /// The source outlives it; a file of 8 bytes a turn waits on the disk of `folder`. Errors: kIo;
  /// those of the source.
  static Result<DistinctTurns> find(const DialogueSource& dialogues, const std::string& folder);

  std::size_t n() const { return n_; }

  /// In their order: of each text the first. Errors: kIo; those of the source and of `each`.
  Status for_each(const std::function<Status(const TurnPlace& place)>& each) const;

 private:
  explicit DistinctTurns(const DialogueSource& dialogues) : dialogues_(&dialogues) {}
  Status read_texts();
  Status drop_repeated(std::uint64_t part, std::uint64_t n_parts);
  Status scan(const std::function<Status(std::size_t i, std::uint64_t hash)>& each) const;
  Status drop(std::size_t i);

  const DialogueSource* dialogues_;
  UnnamedFile hashes_;  // u64 [n_turns] Of each turn's text; 0: it is none of these.
  std::size_t n_ = 0;
};

}  // namespace quern::apps
