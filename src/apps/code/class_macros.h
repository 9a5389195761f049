// C++ classes with a macro before their names, "class API Box {": grammars that do not run the
// preprocessor take them for functions.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace quern::apps {

/// The text with blanks for such macros, byte for byte as long; nothing where there is none.
std::optional<std::string> without_class_macros(std::string_view text);

}  // namespace quern::apps
