// GgufFile of gguf.h: one file, or the parts of a split one.

#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "formats/fast_json.h"
#include "formats/gguf/gguf.h"

namespace quern::formats {
namespace {

constexpr int kMaxParts = 99999;

struct PartName {
  std::string stem;  // With the folder.
  int part = 0;      // From 1.
  int n_parts = 0;

  std::string path(int i) const { return fmt::format("{}-{:05}-of-{:05}.gguf", stem, i, n_parts); }
};

bool read_digits(std::string_view text, int& out) {
  out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    out = 10 * out + (c - '0');
  }
  return true;
}

/// "name-00002-of-00005.gguf"
std::optional<PartName> part_name(std::string_view path) {
  constexpr std::string_view kShape = "-00000-of-00000.gguf";
  if (path.size() <= kShape.size()) return std::nullopt;
  const std::string_view tail = path.substr(path.size() - kShape.size());
  PartName name;
  if (tail[0] != '-' || tail.substr(6, 4) != "-of-" || tail.substr(15) != ".gguf" ||
      !read_digits(tail.substr(1, 5), name.part) ||
      !read_digits(tail.substr(10, 5), name.n_parts)) {
    return std::nullopt;
  }
  name.stem = path.substr(0, path.size() - kShape.size());
  return name;
}

/// What a part says of itself, against what its name says.
Status check_part(const GgufMetadata& metadata, int part, int n_parts) {
  QUERN_ASSIGN(const std::int64_t count, metadata.integer_or("split.count", 0, kMaxParts, 0));
  QUERN_ASSIGN(const std::int64_t number, metadata.integer_or("split.no", 0, kMaxParts, 0));
  // A whole file may have a name of the split form, and none of these keys.
  if (count == 0 && n_parts == 1) return {};
  if (count != n_parts) return metadata.wrong("split.count", fmt::format("{}", n_parts));
  if (number != part - 1) return metadata.wrong("split.no", fmt::format("{}", part - 1));
  return {};
}

}  // namespace

Status GgufFile::add_part(const std::string& path, int part, int n_parts) {
  QUERN_ASSIGN(MappedFile file, MappedFile::open(path));
  QUERN_ASSIGN(GgufContents contents, parse_gguf(file.bytes()).in(path));
  QUERN_TRY(check_part(contents.metadata, part, n_parts).in(path));
  tensors_.merge(contents.tensors);
  if (!contents.tensors.empty()) {
    return {Code::kBadInput, fmt::format("{}: tensor '{}' is in another part too", path,
                                         shown(contents.tensors.begin()->first))};
  }
  if (part == 1) metadata_ = std::move(contents.metadata);
  files_.push_back(std::move(file));
  return {};
}

Result<GgufFile> GgufFile::open(const std::string& path) {
  GgufFile out;
  const std::optional<PartName> name = part_name(path);
  if (!name || name->n_parts == 0) {
    QUERN_TRY(out.add_part(path, 1, 1));
    return out;
  }
  // Not one that exists only in the name: each part is opened before the next is asked for.
  for (int i = 1; i <= name->n_parts; ++i) {
    QUERN_TRY(out.add_part(name->path(i), i, name->n_parts).in(path));
  }
  const auto n_tensors = static_cast<std::int64_t>(out.tensors_.size());
  QUERN_ASSIGN(const std::int64_t said,
               out.metadata_.integer_or("split.tensors.count", 0, INT32_MAX, n_tensors));
  if (said != n_tensors) {
    return out.metadata_.wrong("split.tensors.count", fmt::format("{}", n_tensors)).in(path);
  }
  return out;
}

const GgufTensor* GgufFile::find(std::string_view name) const {
  const auto at = tensors_.find(name);
  return at == tensors_.end() ? nullptr : &at->second;
}

std::size_t GgufFile::n_bytes() const {
  std::size_t n = 0;
  for (const auto& [name, tensor] : tensors_) n += tensor.bytes.size();
  return n;
}

void GgufFile::drop_pages() const {
  for (const MappedFile& file : files_) file.drop_pages();
}

}  // namespace quern::formats
