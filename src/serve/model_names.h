// From the name in a request to the name the engine knows. Clients name installed models (and the
// ones this server was started with), never paths: a request must not make the server open files
// of its caller's choice.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "engine/engine.h"

namespace quern::serve {

class ModelNames {
 public:
  /// `served`: what the server was started with, names or paths; none of their files is read.
  /// Errors: as Engine::listed_name.
  static Result<ModelNames> make(const std::vector<std::string>& served, engine::Engine& engine);

  /// Errors: kNotFound for what is spelled like a path or would be read as one.
  Result<std::string> engine_name(const std::string& asked) const;

  /// What the server was started with, as the engine knows it.
  const std::vector<std::string>& served() const { return served_; }

 private:
  std::vector<std::pair<std::string, std::string>> aliases_;  // Asked name, engine's name.
  std::vector<std::string> served_;
};

}  // namespace quern::serve
