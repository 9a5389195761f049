#include <cstdlib>
#include <string>
#include <string_view>

#include <pwd.h>
#include <unistd.h>

#include "hub/hub.h"

namespace quern::hub {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::string user_folder() {
  if (const std::string_view home = variable("HOME"); !home.empty()) return std::string(home);
  passwd entry{};
  passwd* found = nullptr;
  char text[4096];
  if (::getpwuid_r(::getuid(), &entry, text, sizeof text, &found) == 0 && found != nullptr) {
    return found->pw_dir;
  }
  return ".";
}

}  // namespace

std::string home_folder() {
  if (const std::string_view home = variable("QUERN_HOME"); !home.empty()) return std::string(home);
  // A relative XDG path is invalid and to be ignored, says the XDG base directory specification.
  if (const std::string_view data = variable("XDG_DATA_HOME"); data.starts_with('/')) {
    return std::string(data) + "/quern";
  }
  return user_folder() + "/.local/share/quern";
}

}  // namespace quern::hub
