#include "serve/model_names.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace quern::serve {
namespace {

bool is_spelled_like_path(const std::string& name) {
  return name.starts_with('/') || name.starts_with('.') || name.starts_with('~') ||
         name.ends_with('/') || name.find("..") != std::string::npos ||
         name.find('\\') != std::string::npos || name.find('\0') != std::string::npos;
}

}  // namespace

Result<ModelNames> ModelNames::make(const std::vector<std::string>& served,
                                    engine::Engine& engine) {
  ModelNames names;
  for (const std::string& name : served) {
    QUERN_ASSIGN(const std::string listed, engine.listed_name(name));
    names.aliases_.emplace_back(listed, name);
    if (listed != name) names.aliases_.emplace_back(name, name);
    names.served_.push_back(name);
  }
  return names;
}

Result<std::string> ModelNames::engine_name(const std::string& asked) const {
  for (const auto& [alias, name] : aliases_) {
    if (asked == alias) return name;
  }
  std::error_code ignored;
  // "owner/model" is a full hub name, but also a folder if there is one of that name here.
  if (is_spelled_like_path(asked) ||
      (asked.find('/') != std::string::npos && std::filesystem::exists(asked, ignored))) {
    return Status(
        Code::kNotFound,
        fmt::format("model '{}': is a path, wanted the name of an installed model", asked));
  }
  return asked;
}

}  // namespace quern::serve
