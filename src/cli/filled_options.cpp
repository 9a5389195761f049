#include "cli/filled_options.h"

#include <vector>

namespace quern::cli {
namespace {

std::optional<std::string> given(const MarkedLine& line, const char* name) {
  const auto found = line.given.find(name);
  return found == line.given.end() ? std::nullopt : std::optional(found->second);
}

bool is_config(const std::string& name) { return name == "config" || name == "preset"; }

// "--stop" A "--stop" B; a switch that is off is not there.
void append(const OptionFacts& option, const Setting& setting, std::vector<std::string>& out) {
  const std::string flag = "--" + option.name;
  if (option.form == OptionForm::kSwitch) {
    if (setting.values.at(0) == "true") out.push_back(flag);
    return;
  }
  for (const std::string& value : setting.values) {
    out.push_back(flag);
    out.push_back(marked_value(value));
  }
}

}  // namespace

ConfigChoice config_choice(const MarkedLine& line) {
  return {.file = given(line, "config"), .preset = given(line, "preset")};
}

Result<Filled> fill_in(const Settings& settings, MarkedLine& line) {
  Filled filled;
  // The command's before the program's: both set the same where both have it.
  for (const std::string& command : {line.command, std::string()}) {
    std::vector<std::string> more;
    for (const OptionFacts& option : settings.options()) {
      if (option.command != command || is_config(option.name) || line.given.contains(option.name) ||
          filled.contains(option.name)) {
        continue;
      }
      QUERN_ASSIGN(const std::optional<Setting> setting, settings.find(option));
      if (!setting) continue;
      filled[option.name] = setting->source;
      append(option, *setting, more);
    }
    const std::size_t at = command.empty() ? line.n_before_command : line.n_to_command;
    line.arguments.insert(line.arguments.begin() + static_cast<std::ptrdiff_t>(at), more.begin(),
                          more.end());
    if (line.command.empty()) break;
  }
  return filled;
}

}  // namespace quern::cli
