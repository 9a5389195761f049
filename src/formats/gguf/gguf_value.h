// Decoding of GGUF values, shared by the parser and the access to arrays.

#pragma once

#include <cstdint>
#include <optional>

#include "formats/byte_reader.h"
#include "formats/gguf/gguf.h"

namespace quern::formats {

/// The types have numbers in the file that are the enum's values; nothing beyond the last.
std::optional<GgufType> gguf_type_from(std::uint32_t number);

/// Bytes of one element; 0 for strings and arrays, whose elements differ.
int gguf_element_bytes(GgufType type);

/// Reads one value. Arrays are walked, at most four levels deep. Nothing when the bytes end too
/// soon, a boolean is neither 0 nor 1, a type is unknown or the nesting is too deep.
std::optional<GgufValue> read_gguf_value(ByteReader& reader, GgufType type, int depth = 0);

}  // namespace quern::formats
