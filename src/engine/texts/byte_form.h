// What the bytes of a file of texts are: UTF-8, UTF-16 or UTF-32 by their byte order mark, or no
// text at all but an archive.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::engine {

enum class ByteForm { kUtf8, kUtf16Little, kUtf16Big, kUtf32Little, kUtf32Big };

struct FileStart {
  ByteForm form = ByteForm::kUtf8;
  std::size_t n_mark_bytes = 0;  // Of the byte order mark.
};

inline constexpr std::size_t kFileStartBytes = 8;  // Enough to tell.

/// What a file that starts with `bytes` (all of it, or kFileStartBytes and more) holds.
/// Errors: kUnsupported for compressed files and the like, naming the format and the tool that
/// makes texts of it.
Result<FileStart> recognise_bytes(std::string_view bytes);

/// Moves whole characters from the front of `bytes` to the end of `utf8`; what is no character
/// becomes U+FFFD. Half a character stays in `bytes`, unless this is the end of the file.
void move_as_utf8(ByteForm form, bool is_end, std::string& bytes, std::string& utf8);

}  // namespace quern::engine
