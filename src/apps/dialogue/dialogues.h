// Dialogues from JSON lines: {"turns": [{"speaker": 0, "text": "Hello."}, ...]}.

#pragma once

#include <cstddef>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/bounded_lines.h"
#include "base/status.h"

namespace quern::apps {

struct Turn {
  std::string speaker = {};                // Whatever the file calls them; numbers as their digits.
  std::string text = {};                   // Never blank.
  std::optional<double> gap_seconds = {};  // Since the turn before.
};

struct Dialogue {
  std::string id;
  std::vector<Turn> turns;
};

inline constexpr std::size_t kMaxDialogueBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxTurns = 100'000;  // Of one dialogue.

/// Fields that are not known are passed over; blank turns too, and that is counted. Errors:
/// kBadInput saying what is wrong and wanted; kTooLarge.
Result<Dialogue> dialogue_from_json(std::string_view json, std::size_t* n_blank = nullptr);

/// A turn of a conversation that goes on: {"conversation": id, "speaker", "text"}.
struct Said {
  std::string conversation = {};
  std::string fork = {};  // Of another conversation: this one begins as that one is. "": none.
  Turn turn = {};  // Without a speaker where none is named; without a text only beside a fork.
};
/// Errors: kBadInput saying what is wrong.
Result<Said> said_from_json(std::string_view json);

/// One dialogue a line. The stream outlives it.
class DialogueLines {
 public:
  DialogueLines(std::istream& in, std::string name)
      : lines_(in, kMaxDialogueBytes), name_(std::move(name)) {}

  struct Line {
    Status status;      // Not ok: this line is no dialogue.
    std::string where;  // "talks.jsonl line 3"
    Dialogue dialogue = {};
  };

  /// Nothing at the end; blank lines are passed over. Errors: kIo.
  Result<std::optional<Line>> next();

  std::size_t n_blank_turns() const { return n_blank_; }

 private:
  BoundedLines lines_;
  const std::string name_;
  std::size_t n_blank_ = 0;
};

}  // namespace quern::apps
