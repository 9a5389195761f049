// quern dialogue state: conversations that are kept in a file, forked, listed and removed. Those
// that hear turns: dialogue_state_hear.cpp.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/dialogue_commands.h"
#include "cli/dialogue_session.h"
#include "cli/exit_code.h"
#include "cli/json_line.h"
#include "cli/output_file.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(A file keeps conversations by their names, for one predictor: what the reservoir and the readout need to
go on, some kilobytes each, not what was said. 'quern dialogue predict --state FILE' reads and writes the same.

Examples:
  quern dialogue state save talks.state --predictor talks.qdp --conversation ann --texts so-far.jsonl
  quern dialogue state list talks.state
  quern dialogue state fork talks.state ann ann-2
  echo '{"turns": ["And then?"]}' | quern dialogue state load talks.state --predictor talks.qdp --conversation ann
  quern dialogue state remove talks.state ann-2)";

/// Changes a file of conversations by `fn`.
template <typename Fn>
Status change(const std::string& path, const Fn& fn) {
  QUERN_ASSIGN(ConversationBook book, ConversationBook::open(path));
  QUERN_TRY(fn(book.file().states));
  return book.save();
}

Status fork(const std::string& path, const std::string& from, const std::string& to) {
  QUERN_TRY(apps::check_conversation_name(to));
  return change(path, [&](auto& states) -> Status {
    const auto found = states.find(from);
    if (found == states.end()) {
      return {Code::kNotFound, fmt::format("there is no conversation '{}' in '{}'", from, path)};
    }
    if (states.contains(to)) {
      return {Code::kUnavailable, fmt::format("conversation '{}' is there already", to)};
    }
    const std::string copy = found->second;
    states.emplace(to, copy);
    return {};
  });
}

Status remove(const std::string& path, const std::vector<std::string>& names) {
  return change(path, [&](auto& states) -> Status {
    for (const std::string& name : names) {
      if (states.erase(name) > 0) continue;
      return {Code::kNotFound, fmt::format("there is no conversation '{}' in '{}': nothing is "
                                           "removed",
                                           name, path)};
    }
    return {};
  });
}

Status list(const std::string& path, bool as_json) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return {Code::kNotFound, fmt::format("there is no file '{}'", path)};
  }
  QUERN_ASSIGN(const apps::ConversationFile file, read_conversations(path));
  OutputFile out = OutputFile::standard_output();
  for (const auto& [name, bytes] : file.states) {
    QUERN_ASSIGN(const std::size_t n_turns, apps::turns_in_bytes(bytes));
    std::string line;
    if (as_json) {
      line = "{\"conversation\":";
      append_json_string(name, line);
      line += fmt::format(",\"turns\":{},\"bytes\":{},\"predictor\":\"{}\"}}\n", n_turns,
                          bytes.size(), file.predictor);
    } else {
      line = fmt::format("{:>8} turns {:>8} bytes  {}\n", n_turns, bytes.size(), in_one_line(name));
    }
    QUERN_TRY(out.write(line));
  }
  return out.commit();
}

}  // namespace

void add_conversation_file(CLI::App& command, std::string& file) {
  command.add_option("FILE", file, "The file of conversations")
      ->type_name("")
      ->required()
      ->check(empty_problem);
}

namespace {

struct NameFlags {
  std::string file;
  std::string from;
  std::string to;
  std::vector<std::string> names;
  bool as_json = false;
};

void add_fork(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<NameFlags>();
  CLI::App* command = parent.add_subcommand("fork", "Begin a conversation as another one is");
  add_conversation_file(*command, flags->file);
  command->add_option("FROM", flags->from, "Its name")->type_name("")->required();
  command->add_option("TO", flags->to, "The new one's name")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  command->callback([flags, &context] {
    context.exit_code = fail_or_ok(fork(flags->file, flags->from, flags->to));
  });
}

void add_list(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<NameFlags>();
  CLI::App* command = parent.add_subcommand("list", "The conversations of a file");
  add_conversation_file(*command, flags->file);
  command->add_flag("--json", flags->as_json, "A line of JSON for each");
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(list(flags->file, flags->as_json)); });
}

void add_remove(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<NameFlags>();
  CLI::App* command = parent.add_subcommand("remove", "Remove conversations, all or none");
  add_conversation_file(*command, flags->file);
  command->add_option("NAME", flags->names, "Their names")->type_name("")->required();
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(remove(flags->file, flags->names)); });
}

}  // namespace

void add_dialogue_state(CLI::App& parent, Context& context) {
  CLI::App* command = parent.add_subcommand("state", "Conversations that are kept in a file");
  command->require_subcommand(1);
  command->footer(kExamples);
  add_dialogue_state_save(*command, context);
  add_dialogue_state_load(*command, context);
  add_fork(*command, context);
  add_list(*command, context);
  add_remove(*command, context);
}

}  // namespace quern::cli
