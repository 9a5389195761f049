// Which language a file is written in, by its name and how it begins.

#pragma once

#include <string_view>

namespace quern::apps {

/// The grammar's name; that of people where there is no grammar ("cmake", "xml"); "" for none that
/// is known. By file name, extension, shebang and modeline, in this order; the content decides
/// where an extension is of several languages. Endings of templates do not count: `config.h.in` is
/// C.
std::string_view language_of_file(std::string_view path, std::string_view content);

/// The last name of a path.
std::string_view name_of_path(std::string_view path);

}  // namespace quern::apps
