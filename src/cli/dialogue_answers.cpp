#include "cli/dialogue_answers.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "apps/dialogue/asked.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/output_file.h"

namespace quern::cli {
namespace {

// Of lines that wait to be answered together.
constexpr std::size_t kMaxWaitingBytes = std::size_t{8} << 20;

std::string with_name(std::string_view field, const std::string& name) {
  std::string out = fmt::format("\"{}\":", field);
  append_json_string(name, out);
  return out;
}

class Answers {
 public:
  explicit Answers(const DialogueAnswering& answering) : answering_(answering) {}

  Status run(ReadyLines& lines) {
    while (!is_interrupted()) {
      QUERN_ASSIGN(const auto line, waiting_.empty() ? lines.next() : lines.next_ready());
      if (!line && waiting_.empty()) break;
      if (line) QUERN_TRY(take(*line));
      if (!line || is_full()) QUERN_TRY(answer_waiting());
    }
    QUERN_TRY(answer_waiting());
    return out_.commit();
  }

  int n_failed() const { return n_failed_; }

 private:
  struct Waiting {
    std::size_t n_line = 0;
    Status status = {};  // Not ok: it is no question.
    apps::Dialogue dialogue = {};
  };

  bool is_full() const {
    return waiting_.size() >= answering_.batch_size || n_waiting_bytes_ >= kMaxWaitingBytes;
  }

  Status take(const ReadyLines::Line& line) {
    if (!line.is_too_long && line.text.find_first_not_of(" \t\r") == std::string::npos) return {};
    Result<apps::Asked> asked =
        line.is_too_long
            ? Result<apps::Asked>(Code::kTooLarge,
                                  fmt::format("a line of {} bytes, at most {} are read",
                                              line.n_bytes, apps::kMaxDialogueBytes))
            : apps::asked_from_json(line.text);
    if (asked.ok() && asked->conversation) {
      QUERN_TRY(answer_waiting());
      return answer_conversation(line.n_line, *asked);
    }
    n_waiting_bytes_ += line.n_bytes;
    Waiting& waiting = waiting_.emplace_back(Waiting{.n_line = line.n_line});
    waiting.status = asked.status();
    if (asked.ok()) {
      waiting.dialogue = {.id = std::move(asked->id), .turns = std::move(asked->turns)};
    }
    return {};
  }

  Status answer_waiting() {
    std::vector<apps::Dialogue> dialogues;
    for (Waiting& waiting : waiting_) {
      if (waiting.status.ok()) dialogues.push_back(std::move(waiting.dialogue));
    }
    const auto outcomes = answering_.service->after(dialogues, answering_.ask);
    std::size_t at = 0;
    for (const Waiting& waiting : waiting_) {
      const apps::NextOutcome* outcome = waiting.status.ok() ? &outcomes[at] : nullptr;
      const Status& status = outcome != nullptr ? outcome->status : waiting.status;
      if (!status.ok()) {
        QUERN_TRY(say_error(waiting.n_line, status));
      } else {
        const std::string& id = dialogues[at].id;
        QUERN_TRY(
            say(apps::json_from_next(outcome->next, id.empty() ? "" : with_name("id", id) + ",")));
      }
      if (outcome != nullptr) ++at;
    }
    waiting_.clear();
    n_waiting_bytes_ = 0;
    return out_.flush();
  }

  Status answer_conversation(std::size_t n_line, const apps::Asked& asked) {
    const std::string& name = *asked.conversation;
    Result<apps::Conversations::Heard> heard =
        asked.fork.empty()
            ? answering_.conversations->hear(name, asked.turns, answering_.ask)
            : answering_.conversations->hear_fork(asked.fork, name, asked.turns, answering_.ask);
    if (!heard.ok()) {
      QUERN_TRY(say_error(n_line, heard.status()));
    } else if (asked.turns.empty()) {
      QUERN_TRY(say(fmt::format("{{{},\"forked\":true}}", with_name("conversation", name))));
    } else {
      QUERN_TRY(say(apps::json_from_next(heard->next, with_name("conversation", name) + ",")));
    }
    return out_.flush();
  }

  Status say(const std::string& json) { return out_.write(json + '\n'); }

  Status say_error(std::size_t n_line, const Status& status) {
    ++n_failed_;
    std::string json = fmt::format("{{\"line\":{}", n_line);
    append_json_error(status, json);
    return say(json + '}');
  }

  const DialogueAnswering& answering_;
  OutputFile out_ = OutputFile::standard_output();
  std::vector<Waiting> waiting_;
  std::size_t n_waiting_bytes_ = 0;
  int n_failed_ = 0;
};

}  // namespace

Result<int> answer_dialogues(ReadyLines& lines, const DialogueAnswering& answering) {
  Answers answers(answering);
  QUERN_TRY(answers.run(lines));
  return answers.n_failed();
}

}  // namespace quern::cli
