// quern chat: a conversation in the terminal.

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "cli/line_editor.h"
#include "cli/run_texts.h"
#include "cli/sampling_flags.h"
#include "cli/text_output.h"
#include "engine/generate/chat_prompt.h"

namespace quern::cli {
namespace {

struct ChatFlags {
  std::string model;
  std::string system;
  std::string message;
  SamplingFlags sampling;
  bool quiet = false;
};

constexpr const char* kExamples =
    R"(Answers appear as they are generated. Ctrl-C stops an answer, not the program; Ctrl-D or /quit ends.
A line that ends in a backslash goes on in the next one. The conversation so far is not computed again.

  /reset         forget the conversation (not the system prompt)
  /system TEXT   set the system prompt and start anew; without TEXT: none
  /retry         another answer to the last message
  /undo          take the last message and its answer back
  /help, /quit

Examples:
  quern chat SmolLM2-135M-Instruct
  quern chat SmolLM2-135M-Instruct --message "What is a quern?" --temperature 0
  quern chat ./model.gguf --system "Answer in one sentence." < questions.txt)";

constexpr const char* kHelp =
    "/reset, /system TEXT, /retry, /undo, /quit; Ctrl-C stops an answer; \\ at the end of a line "
    "continues it\n";

struct Message {
  std::string role;
  std::string content;
};

/// The conversation, and how it goes on.
class Chat {
 public:
  Chat(engine::Engine& engine, const ChatFlags& flags,
       std::shared_ptr<const formats::DecoderModel> facts)
      : engine_(engine), flags_(flags), facts_(std::move(facts)), system_(flags.system) {}

  void reset() { messages_.clear(); }
  void set_system(std::string text) {
    system_ = std::move(text);
    reset();
  }

  /// Back to before the last message; false if there is none.
  bool undo() {
    while (!messages_.empty() && messages_.back().role != "user") messages_.pop_back();
    if (messages_.empty()) return false;
    messages_.pop_back();
    return true;
  }

  /// Answers the last message once more. Errors: kBadInput if there is none.
  Status retry() {
    if (messages_.empty()) return {Code::kBadInput, "there is no message to answer again"};
    const std::string last = messages_[messages_.size() - 2].content;
    undo();
    return say(last);
  }

  /// Prints the answer as it comes; a message that cannot be answered is forgotten.
  Status say(const std::string& text) {
    messages_.push_back({"user", text});
    std::string answer;
    const Status status = reply(answer);
    if (!status.ok() && status.code() != Code::kCancelled) {
      messages_.pop_back();
      return status;
    }
    messages_.push_back({"assistant", answer});
    return {};
  }

 private:
  Result<jinja::Text> prompt() {
    text::ChatInput chat;
    std::vector<jinja::Value> list;
    if (!system_.empty()) list.push_back(engine::chat_message("system", system_));
    for (const Message& m : messages_) list.push_back(engine::chat_message(m.role, m.content));
    chat.messages = jinja::make_list(std::move(list));
    return prompts_.render(*facts_, std::move(chat));
  }

  Status reply(std::string& answer) {
    engine::GenerateRequest request = request_of(flags_.model, flags_.sampling);
    QUERN_ASSIGN(jinja::Text asked, prompt());
    request.prompt = std::move(asked.bytes);
    request.plain = std::move(asked.foreign);
    TextOutput out;
    const engine::GenerateResult result = generate_to(engine_, std::move(request), out, &answer);
    out.write("\n");
    if (result.status.code() == Code::kCancelled && out.status().ok()) clear_interrupt();
    QUERN_TRY(out.status());
    QUERN_TRY(result.status);
    if (!flags_.quiet && isatty(STDERR_FILENO) != 0) {
      fmt::print(stderr, "\033[2m[{}]\033[0m\n", speed_line(result));
    }
    return {};
  }

  engine::Engine& engine_;
  const ChatFlags& flags_;
  const std::shared_ptr<const formats::DecoderModel> facts_;
  engine::ChatPrompts prompts_;
  std::string system_;
  std::vector<Message> messages_;
};

enum class Next { kGoOn, kEnd };

Next obey(const std::string& line, Chat& chat) {
  const std::string name = line.substr(0, line.find(' '));
  const std::string rest = name.size() < line.size() ? line.substr(name.size() + 1) : "";
  Status status;
  if (name == "/quit" || name == "/exit") return Next::kEnd;
  if (name == "/reset") {
    chat.reset();
  } else if (name == "/system") {
    chat.set_system(rest);
  } else if (name == "/retry") {
    status = chat.retry();
  } else if (name == "/undo") {
    if (!chat.undo()) status = {Code::kBadInput, "there is nothing to take back"};
  } else if (name == "/help") {
    fmt::print(stderr, "{}", kHelp);
  } else {
    status = {Code::kBadInput, fmt::format("no command '{}' (/help lists them)", name)};
  }
  if (!status.ok()) print_error(status.message());
  return Next::kGoOn;
}

Status converse(Chat& chat) {
  LineEditor editor;
  if (editor.is_terminal()) fmt::print(stderr, "/help for help, Ctrl-D to end\n");
  while (const std::optional<std::string> line = editor.read("> ")) {
    if (line->empty()) continue;
    if (line->front() == '/') {
      if (obey(*line, chat) == Next::kEnd) break;
      continue;
    }
    const Status status = chat.say(*line);
    if (status.code() == Code::kIo || (!status.ok() && !editor.is_terminal())) return status;
    if (!status.ok()) print_error(status.message());  // The next message may do better.
  }
  return {};
}

Status run_chat(const ChatFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const engine::EngineOptions options, engine_options(engine_flags));
  QUERN_ASSIGN(const auto engine, engine::Engine::make(options));
  QUERN_ASSIGN(auto facts, engine->decoder(flags.model));
  if (facts->chat_template.empty()) {
    return {Code::kBadInput, fmt::format("model '{}' has no chat template, it was not trained to "
                                         "answer; 'quern generate' continues a text with it",
                                         flags.model)};
  }
  watch_interrupts();
  QUERN_TRY(engine->warm(flags.model));
  Chat chat(*engine, flags, std::move(facts));
  return flags.message.empty() ? converse(chat) : chat.say(flags.message);
}

}  // namespace

void add_chat(CLI::App& app, Context& context) {
  auto flags = std::make_shared<ChatFlags>();
  CLI::App* command = app.add_subcommand("chat", "Talk with a model");
  add_model_argument(*command, flags->model);
  command->add_option("--system", flags->system, "The system prompt")->type_name("TEXT");
  command->add_option("--message", flags->message, "Answer this and end")->type_name("TEXT");
  add_sampling_flags(*command, flags->sampling);
  command->add_flag("--quiet", flags->quiet, "No lines about speed");
  add_engine_flags(*command, context.engine);
  add_kv_flag(*command, context.engine);
  command->footer(kExamples);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(run_chat(*flags, context.engine)); });
}

}  // namespace quern::cli
