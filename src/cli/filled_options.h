// The options that a command line does not give, filled in from the environment, the preset and the
// configuration file as if they had been given.

#pragma once

#include <map>
#include <string>

#include "cli/arguments.h"
#include "cli/settings.h"

namespace quern::cli {

/// Name of each option that was filled in, and where its value came from.
using Filled = std::map<std::string, std::string>;

/// What the line says of --config and --preset.
ConfigChoice config_choice(const MarkedLine& line);

/// Puts what is missing into `line`: the command's own options behind its name, the program's
/// before it. Errors: as Settings::find.
Result<Filled> fill_in(const Settings& settings, MarkedLine& line);

}  // namespace quern::cli
