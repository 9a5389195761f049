#include "formats/gguf/gguf.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include "formats/byte_reader.h"
#include "formats/fast_json.h"
#include "formats/gguf/gguf_value.h"

namespace quern::formats {
namespace {

constexpr std::uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr std::uint32_t kMaxVersion = 3;
constexpr std::uint64_t kMaxNameBytes = 65535;
constexpr std::uint64_t kMinEntryBytes = 8 + 4 + 1;           // Length of a key, type, value.
constexpr std::uint64_t kMinTensorBytes = 8 + 4 + 8 + 4 + 8;  // Name, dims, type, offset.
constexpr std::uint32_t kMaxDims = 4;
constexpr std::int64_t kDefaultAlignment = 32;
constexpr std::int64_t kMaxAlignment = 1 << 20;

struct Header {
  int version = 0;
  std::uint64_t n_tensors = 0;
  std::uint64_t n_entries = 0;
};

/// A tensor with its place, counted from the start of the data.
struct Placed {
  std::string name;
  GgufTensor tensor;
  std::uint64_t begin = 0;
  std::uint64_t n_bytes = 0;
};

Result<Header> read_header(ByteReader& reader) {
  const auto magic = reader.number<std::uint32_t>();
  const auto version = reader.number<std::uint32_t>();
  const auto n_tensors = reader.number<std::uint64_t>();
  const auto n_entries = reader.number<std::uint64_t>();
  if (!reader.is_ok()) return {Code::kBadInput, "too short for a GGUF header"};
  if (magic != kMagic) return {Code::kBadInput, "does not begin with 'GGUF'"};
  if (version == 1) return {Code::kUnsupported, "GGUF version 1, want 2 or 3"};
  if (version != 0 && (version & 0xffff) == 0) {
    return {Code::kUnsupported, "a big-endian file, want little-endian"};
  }
  if (version == 0 || version > kMaxVersion) {
    return {Code::kUnsupported, fmt::format("GGUF version {}, want 2 or 3", version)};
  }
  if (n_entries > reader.n_left() / kMinEntryBytes ||
      n_tensors > reader.n_left() / kMinTensorBytes) {
    return {Code::kBadInput, fmt::format("{} metadata entries and {} tensors in {} bytes",
                                         n_entries, n_tensors, reader.n_left())};
  }
  return Header{static_cast<int>(version), n_tensors, n_entries};
}

/// A key or a tensor's name.
Result<std::string> read_name(ByteReader& reader, const char* what) {
  const std::string_view name = reader.string();
  if (!reader.is_ok()) return {Code::kBadInput, fmt::format("the file ends inside a {}", what)};
  if (name.empty() || name.size() > kMaxNameBytes) {
    return {Code::kBadInput,
            fmt::format("a {} of {} bytes, want 1 to {}", what, name.size(), kMaxNameBytes)};
  }
  if (!simdjson::validate_utf8(name)) {
    return {Code::kBadInput, fmt::format("a {} that is not UTF-8", what)};
  }
  return std::string(name);
}

Result<GgufMetadata::Map> read_entries(ByteReader& reader, std::uint64_t n) {
  GgufMetadata::Map values;
  for (std::uint64_t i = 0; i < n; ++i) {
    QUERN_ASSIGN(std::string key, read_name(reader, "metadata key"));
    const auto number = reader.number<std::uint32_t>();
    const std::optional<GgufType> type = gguf_type_from(number);
    if (!type) {
      return {Code::kBadInput, fmt::format("'{}' has the unknown type {}", shown(key), number)};
    }
    std::optional<GgufValue> value = read_gguf_value(reader, *type);
    if (!value) {
      return {Code::kBadInput,
              fmt::format("the value of '{}' is not valid, or not whole", shown(key))};
    }
    if (!values.emplace(key, std::move(*value)).second) {
      return {Code::kBadInput, fmt::format("'{}' is there twice", shown(key))};
    }
  }
  return values;
}

/// Reads dimensions, fastest first in the file, and turns them round.
Result<std::vector<std::int64_t>> read_shape(ByteReader& reader) {
  const auto n_dims = reader.number<std::uint32_t>();
  if (n_dims == 0 || n_dims > kMaxDims) {
    return {Code::kBadInput, fmt::format("{} dimensions, want 1 to {}", n_dims, kMaxDims)};
  }
  std::vector<std::int64_t> shape(n_dims);
  for (std::int64_t& dim : shape) dim = reader.number<std::int64_t>();
  std::reverse(shape.begin(), shape.end());
  return shape;
}

/// Bytes of the tensor, whose rows are whole blocks.
Result<std::uint64_t> bytes_of(const std::vector<std::int64_t>& shape, const BlockLayout& layout) {
  if (std::any_of(shape.begin(), shape.end(), [](std::int64_t dim) { return dim <= 0; })) {
    return {Code::kBadInput, fmt::format("dimensions {}, want 1 or more each", shape)};
  }
  if (shape.back() % layout.n_elements != 0) {
    return {Code::kBadInput, fmt::format("rows of {} elements, want a multiple of {} for {}",
                                         shape.back(), layout.n_elements, layout.name)};
  }
  std::uint64_t n = static_cast<std::uint64_t>(layout.n_bytes);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int64_t dim = i + 1 < shape.size() ? shape[i] : shape[i] / layout.n_elements;
    if (__builtin_mul_overflow(n, static_cast<std::uint64_t>(dim), &n)) {
      return {Code::kBadInput, fmt::format("dimensions {} overflow", shape)};
    }
  }
  return n;
}

Result<Placed> read_tensor(ByteReader& reader) {
  Placed placed;
  QUERN_ASSIGN(placed.name, read_name(reader, "tensor name"));
  const std::string where = fmt::format("tensor '{}'", shown(placed.name));
  QUERN_ASSIGN(placed.tensor.shape, read_shape(reader).in(where));
  const auto type = reader.number<std::uint32_t>();
  placed.begin = reader.number<std::uint64_t>();
  if (!reader.is_ok()) return {Code::kBadInput, where + ": the file ends inside its description"};
  const BlockLayout* layout = find_block_layout(type);
  if (layout == nullptr) {
    placed.tensor.problem = {Code::kUnsupported,
                             fmt::format("{} has type {}, which is not known", where, type)};
    return placed;
  }
  placed.tensor.format = layout->format;
  const Result<std::uint64_t> n_bytes = bytes_of(placed.tensor.shape, *layout);
  if (n_bytes.ok()) placed.n_bytes = *n_bytes;
  placed.tensor.problem = n_bytes.status().in(where);
  return placed;
}

Result<std::int64_t> read_alignment(const GgufMetadata& metadata) {
  constexpr const char* kKey = "general.alignment";
  QUERN_ASSIGN(const std::int64_t n,
               metadata.integer_or(kKey, 8, kMaxAlignment, kDefaultAlignment));
  if ((n & (n - 1)) != 0) return metadata.wrong(kKey, "a power of two");
  return n;
}

/// Gives each tensor its bytes: aligned, inside the data, and nobody else's. Those with a problem
/// are at the end afterwards.
Status place_tensors(std::vector<Placed>& all, std::span<const std::byte> data,
                     std::uint64_t alignment) {
  const auto odd = std::stable_partition(all.begin(), all.end(),
                                         [](const Placed& p) { return p.tensor.problem.ok(); });
  const std::span<Placed> placed(all.begin(), odd);
  for (Placed& p : placed) {
    if (p.begin % alignment != 0) {
      return {Code::kBadInput,
              fmt::format("tensor '{}' begins at data byte {}, want a multiple of {}",
                          shown(p.name), p.begin, alignment)};
    }
    if (p.begin > data.size() || p.n_bytes > data.size() - p.begin) {
      return {Code::kBadInput,
              fmt::format("tensor '{}' has {} bytes from data byte {} on, the file "
                          "has {} data bytes",
                          shown(p.name), p.n_bytes, p.begin, data.size())};
    }
    p.tensor.bytes = data.subspan(p.begin, p.n_bytes);
  }
  std::sort(placed.begin(), placed.end(),
            [](const Placed& a, const Placed& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < placed.size(); ++i) {
    if (placed[i].begin < placed[i - 1].begin + placed[i - 1].n_bytes) {
      return {Code::kBadInput, fmt::format("tensors '{}' and '{}' overlap",
                                           shown(placed[i - 1].name), shown(placed[i].name))};
    }
  }
  return {};
}

}  // namespace

Result<GgufContents> parse_gguf(std::span<const std::byte> file) {
  ByteReader reader(file);
  QUERN_ASSIGN(const Header header, read_header(reader));
  GgufContents out;
  out.version = header.version;
  QUERN_ASSIGN(GgufMetadata::Map values, read_entries(reader, header.n_entries));
  out.metadata = GgufMetadata(std::move(values));
  QUERN_ASSIGN(const std::int64_t alignment, read_alignment(out.metadata));

  std::vector<Placed> placed;
  for (std::uint64_t i = 0; i < header.n_tensors; ++i) {
    QUERN_ASSIGN(Placed one, read_tensor(reader));
    placed.push_back(std::move(one));
  }
  const auto step = static_cast<std::size_t>(alignment);
  const std::size_t begin = (reader.position() + step - 1) / step * step;
  const std::span<const std::byte> data =
      begin <= file.size() ? file.subspan(begin) : std::span<const std::byte>();
  QUERN_TRY(place_tensors(placed, data, static_cast<std::uint64_t>(alignment)));
  for (Placed& one : placed) {
    const auto [at, is_new] = out.tensors.emplace(std::move(one.name), std::move(one.tensor));
    if (!is_new) {
      return {Code::kBadInput, fmt::format("tensor '{}' is there twice", shown(at->first))};
    }
  }
  return out;
}

}  // namespace quern::formats
