// Arguments as the user wrote them. CLI11 reads meaning into values: "[a,b]" is a list to it, "++"
// ends a command, "--name=" has no value. So each value travels through it behind a mark, and is
// unmarked before anything looks at it.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace quern::cli {

/// The arguments behind the program's name, in the order that CLI::App::parse wants (last first):
/// names of commands and options as they are, values behind the mark. What follows an option that
/// takes a value is its value, whatever it looks like; after "--" everything is a positional value.
std::vector<std::string> marked_arguments(const CLI::App& app, int argc, const char* const* argv);

/// What a command line says, read as the parser will.
struct MarkedLine {
  std::vector<std::string> arguments;        // In the order that they were given in, marked.
  std::string command;                       // "bench embed"; "" where none is named.
  std::size_t n_before_command = 0;          // Arguments before the first command's name,
  std::size_t n_to_command = 0;              // and up to the last one's, that name included.
  std::map<std::string, std::string> given;  // Long names of options and their first values.
};
MarkedLine marked_line(const CLI::App& app, int argc, const char* const* argv);

/// A value behind the mark.
std::string marked_value(std::string_view value);

/// Makes every option of `app` and its commands take the mark off before its checks run, and take
/// no more values at a time than it names.
void unmark_values(CLI::App& app);

/// An error message of CLI11, which may quote values, without marks.
std::string without_marks(std::string message);

}  // namespace quern::cli
