// TensorFiles of safetensors.h: one file, or the shards that an index names.

#include <filesystem>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "formats/fast_json.h"
#include "formats/safetensors.h"
#include "formats/torch/torch_file.h"

namespace quern::formats {
namespace {

constexpr std::size_t kMaxIndexBytes = 64u << 20;

/// Shards lie beside their index: a name that leads elsewhere is refused.
Status check_shard_name(std::string_view name) {
  if (name.empty() || name.front() == '.' || name.find_first_of("/\\") != std::string_view::npos ||
      name.find('\0') != std::string_view::npos) {
    return {Code::kBadInput,
            fmt::format("shard '{}', want the name of a file beside the index", shown(name))};
  }
  return {};
}

/// Which shard holds which tensor, by shard.
Result<std::map<std::string, std::vector<std::string>>> read_index(const std::string& text) {
  simdjson::dom::parser parser;
  QUERN_ASSIGN(const Json root, parse_fast_json(parser, text));
  QUERN_ASSIGN(const Json weight_map, member(root, "weight_map"));
  simdjson::dom::object object;
  if (weight_map.get(object) != simdjson::SUCCESS) {
    return {Code::kBadInput, "'weight_map' is not an object"};
  }
  std::map<std::string, std::vector<std::string>> shards;
  for (const auto& [tensor, value] : object) {
    std::string_view shard;
    if (value.get(shard) != simdjson::SUCCESS) {
      return {Code::kBadInput, fmt::format("tensor '{}' has no file name", shown(tensor))};
    }
    QUERN_TRY(check_shard_name(shard).in(fmt::format("tensor '{}'", shown(tensor))));
    shards[std::string(shard)].emplace_back(tensor);
  }
  if (shards.empty()) return {Code::kBadInput, "'weight_map' is empty"};
  return shards;
}

}  // namespace

Result<TensorFiles> TensorFiles::open_file(const std::string& path) {
  TensorFiles out;
  QUERN_ASSIGN(MappedFile file, MappedFile::open(path));
  const bool is_torch = path.ends_with(".pt");
  QUERN_ASSIGN(out.tensors_,
               (is_torch ? parse_torch(file.bytes()) : parse_safetensors(file.bytes())).in(path));
  out.files_.push_back(std::move(file));
  return out;
}

Result<TensorFiles> TensorFiles::open_index(const std::string& path) {
  QUERN_ASSIGN(const std::string text, read_file(path, kMaxIndexBytes));
  QUERN_ASSIGN(const auto shards, read_index(text).in(path));
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  TensorFiles out;
  for (const auto& [shard, names] : shards) {
    QUERN_ASSIGN(TensorFiles part, open_file((folder / shard).string()).in(path));
    for (const std::string& name : names) {
      auto found = part.tensors_.extract(name);
      if (found.empty()) {
        return {Code::kBadInput, fmt::format("{}: tensor '{}' is not in shard '{}'", path,
                                             shown(name), shown(shard))};
      }
      if (!out.tensors_.insert(std::move(found)).inserted) {
        return {Code::kBadInput, fmt::format("{}: tensor '{}' is named twice", path, shown(name))};
      }
    }
    out.files_.push_back(std::move(part.files_.front()));
  }
  return out;
}

Result<TensorFiles> TensorFiles::open(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    return path.ends_with(".json") ? open_index(path) : open_file(path);
  }
  const fs::path folder(path);
  if (const fs::path index = folder / "model.safetensors.index.json"; fs::exists(index, ignored)) {
    return open_index(index.string());
  }
  if (const fs::path file = folder / "model.safetensors"; fs::exists(file, ignored)) {
    return open_file(file.string());
  }
  const bool has_pickle = fs::exists(folder / "pytorch_model.bin", ignored);
  return {
      Code::kNotFound,
      fmt::format("'{}' has no model.safetensors.index.json and no model.safetensors{}", path,
                  has_pickle ? " (pytorch_model.bin is not read: save it as safetensors)" : "")};
}

const TensorEntry* TensorFiles::find(std::string_view name) const {
  const auto at = tensors_.find(name);
  return at == tensors_.end() ? nullptr : &at->second;
}

std::size_t TensorFiles::n_bytes() const {
  std::size_t n = 0;
  for (const auto& [name, entry] : tensors_) n += entry.bytes.size();
  return n;
}

void TensorFiles::drop_pages() const {
  for (const MappedFile& file : files_) file.drop_pages();
}

}  // namespace quern::formats
