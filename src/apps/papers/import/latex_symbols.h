// What commands of LaTeX stand for.

#pragma once

#include <string_view>

#include "base/utf8.h"

namespace quern::apps {

/// The combining mark of an accent, of "\"", "v" or "c"; 0: it is none.
CodePoint latex_accent(std::string_view name);

/// The text of a symbol's command without its backslash: "ß" of "ss"; null data(): it is none.
std::string_view latex_symbol(std::string_view name);

/// True for a command whose argument is nothing to read: \cite{...}, \label{...}.
bool hides_its_argument(std::string_view name);

}  // namespace quern::apps
