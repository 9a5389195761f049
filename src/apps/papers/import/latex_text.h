// LaTeX, as bibliographies have it, as plain text.

#pragma once

#include <string>
#include <string_view>

namespace quern::apps {

/// Accents and symbols become their characters (\"{o}, \ss, \alpha, --), in Unicode's composed
/// form; braces, dollar signs and commands that only change the look go, with their arguments
/// staying. White space is as it was, ~ and \\ are blanks. What is no command of these goes, too.
/// Cost: linear.
std::string text_of_latex(std::string_view latex);

/// Of a field that is no prose, a URL or an id: only \_, \%, \&, \#, \~{} and braces are undone.
std::string literal_of_latex(std::string_view latex);

}  // namespace quern::apps
