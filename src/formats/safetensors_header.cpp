#include "formats/safetensors_header.h"

#include <cstring>

#include <nlohmann/json.hpp>

namespace quern::formats {
namespace {

const char* format_name(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "F32";
    case DType::kF16:
      return "F16";
    case DType::kBF16:
      return "BF16";
    case DType::kF64:
      return "F64";
    case DType::kI64:
      return "I64";
    case DType::kI32:
      return "I32";
    case DType::kI16:
      return "I16";
    case DType::kI8:
      return "I8";
    case DType::kU8:
      return "U8";
    case DType::kBool:
      return "BOOL";
  }
  return "";
}

}  // namespace

std::string safetensors_header(const TensorLayout& layout) {
  nlohmann::ordered_json header = {{"__metadata__", {{"format", "pt"}}}};
  std::size_t at = 0;
  for (const TensorSlot& slot : layout) {
    std::size_t n_bytes = dtype_bytes(slot.dtype);
    for (const std::int64_t extent : slot.shape) n_bytes *= static_cast<std::size_t>(extent);
    header[slot.name] = {{"dtype", format_name(slot.dtype)},
                         {"shape", slot.shape},
                         {"data_offsets", {at, at + n_bytes}}};
    at += n_bytes;
  }
  const std::string text = header.dump();
  const std::uint64_t n = (text.size() + 7) / 8 * 8;
  std::string out(sizeof(n), '\0');
  for (std::size_t i = 0; i < sizeof(n); ++i) out[i] = static_cast<char>(n >> (8 * i));
  out += text;
  out.resize(sizeof(n) + n, ' ');
  return out;
}

}  // namespace quern::formats
