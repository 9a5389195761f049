// Lines of questions about dialogues to lines of answers, in their order. Dialogues that have come
// are answered together; nobody who waits for an answer is kept waiting for more lines.

#pragma once

#include <cstddef>

#include "apps/dialogue/conversations.h"
#include "apps/dialogue/next_turns.h"
#include "base/status.h"
#include "cli/ready_lines.h"

namespace quern::cli {

struct DialogueAnswering {
  const apps::NextTurnService* service = nullptr;
  apps::Conversations* conversations = nullptr;
  apps::NextAsk ask = {};
  std::size_t batch_size = 32;  // Dialogues that are answered together.
};

/// From `lines` to standard output. Gives back how many lines failed. Errors: kIo.
Result<int> answer_dialogues(ReadyLines& lines, const DialogueAnswering& answering);

}  // namespace quern::cli
