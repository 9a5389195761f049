// The grammars of the machine that runs the tests, where it has them.

#pragma once

#include <cstdlib>
#include <string>

#include "apps/code/grammars.h"

namespace quern::apps {

/// The folder that tools/get_grammars.sh fills; "" where it was not run.
inline std::string installed_grammars() {
  const char* const home = std::getenv("QUERN_HOME");
  const char* const data = std::getenv("XDG_DATA_HOME");
  const char* const user = std::getenv("HOME");
  const std::string folder =
      (home != nullptr   ? std::string(home)
       : data != nullptr ? std::string(data) + "/quern"
                         : std::string(user == nullptr ? "" : user) + "/.local/share/quern") +
      "/grammars";
  return grammars_identity(folder).empty() ? std::string() : folder;
}

}  // namespace quern::apps
