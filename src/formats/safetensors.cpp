#include "formats/safetensors.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "formats/fast_json.h"

namespace quern::formats {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // The reference reader's own limit.
constexpr std::size_t kMaxDims = 8;

struct NamedType {
  const char* name;
  DType dtype;
};
constexpr NamedType kTypes[] = {{"F32", DType::kF32},  {"F16", DType::kF16}, {"BF16", DType::kBF16},
                                {"F64", DType::kF64},  {"I64", DType::kI64}, {"I32", DType::kI32},
                                {"I16", DType::kI16},  {"I8", DType::kI8},   {"U8", DType::kU8},
                                {"BOOL", DType::kBool}};
constexpr const char* kOtherTypes[] = {"F8_E4M3", "F8_E5M2", "F8_E8M0", "F6_E2M3", "F6_E3M2",
                                       "F4",      "C64",     "U16",     "U32",     "U64"};

struct Extent {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  const std::string* name = nullptr;
};

Result<DType> dtype_from_name(std::string_view name) {
  for (const NamedType& type : kTypes) {
    if (name == type.name) return type.dtype;
  }
  const bool known =
      std::find(std::begin(kOtherTypes), std::end(kOtherTypes), name) != std::end(kOtherTypes);
  return {known ? Code::kUnsupported : Code::kBadInput,
          fmt::format("dtype '{}', want F32, F16, BF16, F64, I64, I32, I16, I8, U8 or BOOL",
                      shown(name))};
}

Result<std::vector<std::int64_t>> read_shape(Json value) {
  simdjson::dom::array array;
  if (value.get(array) != simdjson::SUCCESS) {
    return {Code::kBadInput, fmt::format("'shape' is {}, want an array", json_kind(value))};
  }
  std::vector<std::int64_t> shape;
  for (const Json item : array) {
    std::int64_t dim = 0;
    if (item.get(dim) != simdjson::SUCCESS || dim < 0) {
      return {Code::kBadInput, "'shape' holds something else than counts"};
    }
    if (shape.size() == kMaxDims) {
      return {Code::kBadInput, fmt::format("more than {} dimensions", kMaxDims)};
    }
    shape.push_back(dim);
  }
  return shape;
}

/// Bytes of a tensor; a zero dimension makes it empty, whatever the others are.
Result<std::uint64_t> bytes_of_shape(const std::vector<std::int64_t>& shape, DType dtype) {
  std::uint64_t n = dtype_bytes(dtype);
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return std::uint64_t{0};
  for (const std::int64_t dim : shape) {
    if (__builtin_mul_overflow(n, static_cast<std::uint64_t>(dim), &n)) {
      return {Code::kBadInput, fmt::format("shape {} overflows", shape)};
    }
  }
  return n;
}

Result<Extent> read_offsets(Json value, std::uint64_t n_data) {
  simdjson::dom::array array;
  Extent extent;
  if (value.get(array) != simdjson::SUCCESS || array.size() != 2 ||
      array.at(0).get(extent.begin) != simdjson::SUCCESS ||
      array.at(1).get(extent.end) != simdjson::SUCCESS) {
    return {Code::kBadInput, "'data_offsets' is not a pair of byte counts"};
  }
  if (extent.begin > extent.end || extent.end > n_data) {
    return {Code::kBadInput,
            fmt::format("data_offsets [{}, {}] do not lie in the file's {} data bytes",
                        extent.begin, extent.end, n_data)};
  }
  return extent;
}

struct Placed {
  TensorEntry entry;
  Extent extent;
};

Result<Placed> read_entry(Json value, std::span<const std::byte> data) {
  Placed placed;
  QUERN_ASSIGN(const std::string_view type_name, string_member(value, "dtype"));
  QUERN_ASSIGN(placed.entry.dtype, dtype_from_name(type_name));
  QUERN_ASSIGN(const Json shape, member(value, "shape"));
  QUERN_ASSIGN(placed.entry.shape, read_shape(shape));
  QUERN_ASSIGN(const Json offsets, member(value, "data_offsets"));
  QUERN_ASSIGN(placed.extent, read_offsets(offsets, data.size()));
  QUERN_ASSIGN(const std::uint64_t want, bytes_of_shape(placed.entry.shape, placed.entry.dtype));
  const std::uint64_t got = placed.extent.end - placed.extent.begin;
  if (got != want) {
    return {Code::kBadInput, fmt::format("{} bytes of data, want {} for {} {}", got, want,
                                         dtype_name(placed.entry.dtype), placed.entry.shape)};
  }
  placed.entry.bytes = data.subspan(placed.extent.begin, got);
  return placed;
}

/// Every data byte belongs to exactly one tensor.
Status check_cover(std::vector<Extent> extents, std::uint64_t n_data) {
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t at = 0;
  for (const Extent& extent : extents) {
    if (extent.begin != at) {
      return {Code::kBadInput,
              fmt::format("tensor '{}' begins at data byte {}, want {}: {}", shown(*extent.name),
                          extent.begin, at, extent.begin < at ? "tensors overlap" : "a hole")};
    }
    at = extent.end;
  }
  if (at == n_data) return {};
  return {Code::kBadInput, fmt::format("tensors end at data byte {}, the file has {}", at, n_data)};
}

Result<std::string_view> header_text(std::span<const std::byte> file) {
  if (file.size() < kLengthBytes) {
    return {Code::kBadInput, fmt::format("{} bytes, too short for a header", file.size())};
  }
  std::uint64_t n_header = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    n_header |= std::to_integer<std::uint64_t>(file[i]) << (8 * i);
  }
  if (n_header > kMaxHeaderBytes || n_header > file.size() - kLengthBytes) {
    return {Code::kBadInput, fmt::format("header says it has {} bytes, the file has {}", n_header,
                                         file.size() - kLengthBytes)};
  }
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + kLengthBytes, n_header);
  if (!text.starts_with('{')) return {Code::kBadInput, "header does not begin with '{'"};
  return text;
}

Status check_metadata(Json value) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    return {Code::kBadInput, "'__metadata__' is not an object"};
  }
  for (const auto& [key, text] : object) {
    if (!text.is_string()) {
      return {Code::kBadInput, fmt::format("'__metadata__' field '{}' is {}, want a string",
                                           shown(key), json_kind(text))};
    }
  }
  return {};
}

}  // namespace

Result<TensorMap> parse_safetensors(std::span<const std::byte> file) {
  QUERN_ASSIGN(const std::string_view header, header_text(file));
  const std::span<const std::byte> data = file.subspan(kLengthBytes + header.size());
  simdjson::dom::parser parser;
  QUERN_ASSIGN(const Json root, parse_fast_json(parser, header));
  simdjson::dom::object object;
  if (root.get(object) != simdjson::SUCCESS) {
    return {Code::kBadInput, fmt::format("header is {}, want an object", json_kind(root))};
  }

  TensorMap tensors;
  std::vector<Extent> extents;
  for (const auto& [key, value] : object) {
    if (key == "__metadata__") {
      QUERN_TRY(check_metadata(value));
      continue;
    }
    const std::string where = fmt::format("tensor '{}'", shown(key));
    QUERN_ASSIGN(Placed placed, read_entry(value, data).in(where));
    const auto [at, is_new] = tensors.emplace(key, std::move(placed.entry));
    if (!is_new) return {Code::kBadInput, where + " is there twice"};
    placed.extent.name = &at->first;
    extents.push_back(placed.extent);
  }
  QUERN_TRY(check_cover(std::move(extents), data.size()));
  return tensors;
}

}  // namespace quern::formats
