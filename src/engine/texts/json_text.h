// One line of a JSON lines file of texts.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::engine {

/// Reads objects with a "text" field; keeps its parser between lines.
class JsonTextParser {
 public:
  JsonTextParser();
  JsonTextParser(JsonTextParser&&) noexcept;
  JsonTextParser& operator=(JsonTextParser&&) noexcept;
  ~JsonTextParser();

  /// Sets `text` and `text_pair`. Errors: kBadInput saying what the line holds instead.
  Status parse(std::string_view line, std::string& text, std::optional<std::string>& text_pair);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace quern::engine
