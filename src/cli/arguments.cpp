#include "cli/arguments.h"

#include <algorithm>
#include <string_view>

#include <CLI/CLI.hpp>

namespace quern::cli {
namespace {

// Nothing that CLI11 looks for begins with it.
constexpr char kMark = '\x01';

std::string unmarked(std::string value) {
  if (!value.empty() && value.front() == kMark) value.erase(0, 1);
  return value;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "-5 degrees" is a text: no option is a digit.
bool looks_like_option(std::string_view text) {
  return text.size() > 1 && text[0] == '-' && !is_digit(text[1]);
}

/// Walks over the arguments as the parser will.
class Marker {
 public:
  explicit Marker(const CLI::App& app) : command_(&app) {}

  void take(std::string_view text) {
    if (is_behind_dashes_ || n_values_wanted_ > 0) {
      if (n_values_wanted_ > 0 && !option_.empty()) line_.given.emplace(option_, text);
      n_values_wanted_ = std::max(n_values_wanted_ - 1, 0);
      line_.arguments.push_back(marked_value(text));
    } else if (text == "--") {
      is_behind_dashes_ = true;
    } else if (looks_like_option(text)) {
      take_option(text);
    } else {
      take_word(text);
    }
  }

  MarkedLine result() && { return std::move(line_); }

 private:
  // "--name", "--name=value", "-n" or "-nvalue".
  void take_option(std::string_view text) {
    const bool is_long = text[1] == '-';
    const std::size_t n_name = is_long ? std::min(text.find('='), text.size()) : 2;
    const std::string name(text.substr(0, n_name));
    const CLI::Option* option = command_->get_option_no_throw(name);
    option_ = option == nullptr || option->get_lnames().empty() ? "" : option->get_lnames().front();
    if (option == nullptr || option->get_items_expected_max() == 0) {
      if (!option_.empty()) line_.given.emplace(option_, "true");
      line_.arguments.emplace_back(text);  // A flag, or unknown: the parser says so.
      return;
    }
    line_.arguments.push_back(name);
    n_values_wanted_ = option->get_items_expected_min();
    if (n_name == text.size()) return;
    const std::string_view value = text.substr(n_name + (is_long ? 1 : 0));
    if (!option_.empty()) line_.given.emplace(option_, value);
    line_.arguments.push_back(marked_value(value));
    --n_values_wanted_;
  }

  // The name of a command, as long as one may come, or a positional value.
  void take_word(std::string_view text) {
    for (const CLI::App* command : command_->get_subcommands({})) {
      if (command->get_name() != text) continue;
      command_ = command;
      if (line_.command.empty()) line_.n_before_command = line_.arguments.size();
      line_.command += (line_.command.empty() ? "" : " ") + command->get_name();
      line_.arguments.emplace_back(text);
      line_.n_to_command = line_.arguments.size();
      return;
    }
    line_.arguments.push_back(marked_value(text));
  }

  const CLI::App* command_;
  bool is_behind_dashes_ = false;
  int n_values_wanted_ = 0;
  std::string option_;  // The last one's long name, whose values come.
  MarkedLine line_;
};

}  // namespace

std::string marked_value(std::string_view value) { return kMark + std::string(value); }

MarkedLine marked_line(const CLI::App& app, int argc, const char* const* argv) {
  Marker marker(app);
  for (int i = 1; i < argc; ++i) marker.take(argv[i]);
  return std::move(marker).result();
}

std::vector<std::string> marked_arguments(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> arguments = marked_line(app, argc, argv).arguments;
  std::reverse(arguments.begin(), arguments.end());
  return arguments;
}

void unmark_values(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) continue;
    option->transform(unmarked, "", "");
    // "--stop A B": B is not its second value, but the next argument.
    if (!option->get_positional()) option->allow_extra_args(false);
  }
  for (CLI::App* command : app.get_subcommands({})) unmark_values(*command);
}

std::string without_marks(std::string message) {
  message.erase(std::remove(message.begin(), message.end(), kMark), message.end());
  return message;
}

}  // namespace quern::cli
