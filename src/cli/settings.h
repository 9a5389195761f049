// What the options of a command are where its line does not say: the environment, a preset, the
// configuration file. One rule names them all; docs/configuration.md describes it.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "formats/toml_tree.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace quern::cli {

/// What an option takes, read off the parser.
enum class OptionForm { kSwitch, kNumber, kAmount, kText, kList };

struct OptionFacts {
  std::string command;  // "serve", "bench embed"; "" for the program's own.
  std::string name;     // "max-tokens".
  OptionForm form = OptionForm::kText;
  std::string built_in;           // What the help says of its default; may be empty.
  CLI::Option* option = nullptr;  // The parser's.
};

/// "max-tokens" of "bench embed" -> "QUERN_BENCH_EMBED_MAX_TOKENS"; of "" -> "QUERN_MAX_TOKENS".
std::string variable_name(const std::string& command, const std::string& option);

/// Every option with a name, of the program and its commands; --help and --version are none.
std::vector<OptionFacts> option_facts(CLI::App& app);

/// A value and where it came from.
struct Setting {
  std::vector<std::string> values;  // Of a switch one, "true" or "false".
  std::string source;               // "QUERN_MEMORY", "q.toml, line 3", "preset 'fast'".
};

/// A table [models."NAME"] of the file.
struct ModelTable {
  std::string name;
  int line = 0;
  bool preload = false;
  std::string keep_alive = {};  // "": as serve's option says.
};

/// What the command line says of the configuration itself.
struct ConfigChoice {
  std::optional<std::string> file;    // --config
  std::optional<std::string> preset;  // --preset
};

class Settings {
 public:
  /// Reads the file and checks all that it says against the options that there are.
  /// Errors: kNotFound (a named file, a preset: with the nearest name), kIo, kBadInput (an unknown
  /// key with the nearest one, a wrong type), each with the line.
  static Result<Settings> read(const ConfigChoice& choice, std::vector<OptionFacts> options);

  /// What holds for an option where the command line is silent; nullopt: the built-in default.
  /// Errors: kBadInput for a variable that cannot be what the option takes.
  Result<std::optional<Setting>> find(const OptionFacts& option) const;

  /// Of each variable that no option has, but that is nearly one's: "QUERN_MEMROY is not read; did
  /// you mean QUERN_MEMORY?". Others that begin like ours may be anybody's.
  std::vector<std::string> doubtful_variables() const;

  const std::vector<OptionFacts>& options() const { return options_; }
  const std::vector<ModelTable>& models() const { return models_; }
  const std::string& file() const { return file_; }      // "" where there is none.
  const std::string& preset() const { return preset_; }  // "" where none is chosen.
  std::vector<std::string> preset_names() const;

 private:
  Status read_file(const ConfigChoice& choice);
  Status check_file();
  Status choose_preset(const ConfigChoice& choice);
  const formats::TomlNode* find_preset(const std::string& name) const;

  std::vector<OptionFacts> options_;
  std::string file_;
  formats::TomlNode tree_;
  formats::TomlNode built_in_;  // The presets that come with the program.
  formats::TomlNode preset_table_;
  std::string preset_;
  std::string preset_source_;
  std::vector<ModelTable> models_;
};

}  // namespace quern::cli
