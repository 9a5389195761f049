// Arguments as the user wrote them. CLI11 reads meaning into values: "[a,b]" is a list to it, "++"
// ends a command, "--name=" has no value. So each value travels through it behind a mark, and is
// unmarked before anything looks at it.

#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace quern::cli {

/// The arguments behind the program's name, in the order that CLI::App::parse wants (last first):
/// names of commands and options as they are, values behind the mark. What follows an option that
/// takes a value is its value, whatever it looks like; after "--" everything is a positional value.
std::vector<std::string> marked_arguments(const CLI::App& app, int argc, const char* const* argv);

/// Makes every option of `app` and its commands take the mark off before its checks run, and take
/// no more values at a time than it names.
void unmark_values(CLI::App& app);

/// An error message of CLI11, which may quote values, without marks.
std::string without_marks(std::string message);

}  // namespace quern::cli
