#include "hub/pull/file_choice.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/byte_ledger.h"
#include "base/edit_distance.h"
#include "formats/output_files.h"
#include "hub/model_files.h"

namespace quern::hub {
namespace {

// Of the repository's own folder; '*' at an end stands for anything.
constexpr const char* kFolderFiles[] = {"config.json",
                                        "config_*.json",
                                        "configuration.json",
                                        "generation_config.json",
                                        "tokenizer*.json",
                                        "tokenizer.model",
                                        "spm.model",
                                        "spiece.model",
                                        "sentencepiece*.model",
                                        "special_tokens_map.json",
                                        "added_tokens.json",
                                        "vocab.json",
                                        "vocab.txt",
                                        "merges.txt",
                                        "modules.json",
                                        "sentence_*.json",
                                        "chat_template*",
                                        "golden.json",
                                        "README.md",
                                        "LICENSE*",
                                        "NOTICE*"};
// Of a folder of one module: "1_Pooling", "2_Dense".
constexpr const char* kModuleFiles[] = {"*.json", "*.txt", "*.model", "model.safetensors"};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool matches(std::string_view name, std::string_view pattern) {
  const std::size_t star = pattern.find('*');
  if (star == pattern.npos) return name == pattern;
  return name.size() + 1 >= pattern.size() && name.starts_with(pattern.substr(0, star)) &&
         name.ends_with(pattern.substr(star + 1));
}

template <typename Patterns>
bool matches_any(std::string_view name, const Patterns& patterns) {
  return std::any_of(std::begin(patterns), std::end(patterns),
                     [&](const char* pattern) { return matches(name, pattern); });
}

/// "model-00001-of-00002.safetensors".
bool is_shard(std::string_view name) {
  return name.starts_with("model-") && name.find("-of-") != name.npos &&
         name.ends_with(".safetensors");
}

bool is_of_folder_model(const std::string& path, bool is_sharded) {
  const std::size_t slash = path.find('/');
  if (slash != std::string::npos) {
    return path.find('/', slash + 1) == std::string::npos &&
           is_module_folder(std::string_view(path).substr(0, slash)) &&
           matches_any(std::string_view(path).substr(slash + 1), kModuleFiles);
  }
  if (path == "model.safetensors.index.json" || is_shard(path)) return is_sharded;
  if (path == "model.safetensors") return !is_sharded;
  return matches_any(path, kFolderFiles) || formats::is_output_file(path);
}

/// "m-Q4_K_M-00001-of-00003.gguf" -> "m-Q4_K_M.gguf": one name for all parts of a split file.
std::string whole_gguf_name(const std::string& path) {
  const std::size_t of = path.rfind("-of-");
  constexpr std::size_t kDigits = 5;
  const std::size_t stem = path.size() - 5;  // ".gguf"
  if (of == std::string::npos || of < kDigits + 1 || of + 4 + kDigits != stem) return path;
  if (path[of - kDigits - 1] != '-') return path;
  return path.substr(0, of - kDigits - 1) + ".gguf";
}

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// .gguf files that hold a language model, split ones as one.
using GgufModels = std::map<std::string, std::vector<ListedFile>>;

GgufModels gguf_models(const Listing& listing) {
  GgufModels out;
  for (const ListedFile& file : listing.files) {
    const std::string name = lower(file_name(file.path));
    // Of a model that sees pictures: its eyes. An importance matrix is of no use to us either.
    if (!name.ends_with(".gguf") || name.starts_with("mmproj") ||
        name.find("imatrix") != name.npos) {
      continue;
    }
    out[whole_gguf_name(file.path)].push_back(file);
  }
  return out;
}

std::string listed(const GgufModels& models) {
  std::vector<std::string> lines;
  for (const auto& [name, parts] : models) {
    std::uint64_t n_bytes = 0;
    for (const ListedFile& part : parts) n_bytes += part.n_bytes.value_or(0);
    lines.push_back(fmt::format("{} ({})", name, human_bytes(n_bytes)));
  }
  return fmt::format("{}", fmt::join(lines, ", "));
}

FileChoice gguf_choice(std::vector<ListedFile> parts) {
  std::sort(parts.begin(), parts.end(),
            [](const ListedFile& a, const ListedFile& b) { return a.path < b.path; });
  return {.files = std::move(parts), .is_gguf = true};
}

/// Is `part` a whole word of the name? "Q4_K" is none of "Q4_K_M".
bool has_word(const std::string& name, const std::string& part) {
  const auto is_inside = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  for (std::size_t at = name.find(part); at != name.npos; at = name.find(part, at + 1)) {
    const std::size_t end = at + part.size();
    if ((at == 0 || !is_inside(name[at - 1])) && (end == name.size() || !is_inside(name[end]))) {
      return true;
    }
  }
  return false;
}

Result<FileChoice> choose_gguf(const GgufModels& models, const std::string& wanted) {
  GgufModels found;
  for (const auto& [name, parts] : models) {
    const bool is_part = std::any_of(parts.begin(), parts.end(),
                                     [&](const ListedFile& f) { return f.path == wanted; });
    if (name == wanted || is_part) return gguf_choice(parts);
    if (has_word(lower(file_name(name)), lower(wanted))) found[name] = parts;
  }
  if (found.size() == 1) return gguf_choice(found.begin()->second);
  if (found.size() > 1) {
    return {Code::kBadInput,
            fmt::format("'{}' is in the names of several files: {}", wanted, listed(found))};
  }
  std::vector<std::string> names;
  for (const auto& [name, parts] : models) names.push_back(name);
  const std::vector<std::string> near = nearest_names(wanted, names, 1);
  return {Code::kNotFound,
          fmt::format("no file '{}'{}; .gguf files there: {}", wanted,
                      near.empty() ? "" : fmt::format(", did you mean '{}'?", near[0]),
                      models.empty() ? "none" : listed(models))};
}

Status nothing_to_read(const Listing& listing) {
  constexpr std::pair<const char*, const char*> kOthers[] = {
      {".bin", "PyTorch pickles (.bin)"},
      {".onnx", "ONNX"},
      {".h5", "TensorFlow (.h5)"},
      {".msgpack", "Flax (.msgpack)"},
      {".pt", "PyTorch pickles (.pt)"},
      {".ckpt", "checkpoints (.ckpt)"},
      {".safetensors", "safetensors under other names"}};
  std::vector<std::string> there;
  for (const auto& [ending, kind] : kOthers) {
    for (const ListedFile& file : listing.files) {
      if (!lower(file.path).ends_with(ending)) continue;
      there.emplace_back(kind);
      break;
    }
  }
  return {
      Code::kBadInput,
      fmt::format("the repository has no model.safetensors with a config.json and no .gguf file "
                  "(it holds {} files: {})",
                  listing.files.size(),
                  there.empty() ? "no weights" : fmt::format("{}", fmt::join(there, ", ")))};
}

}  // namespace

bool is_weight_file(const std::string& path) {
  return path.ends_with(".safetensors") || path.ends_with(".gguf") ||
         formats::is_output_weights(path);
}

Result<FileChoice> choose_files(const Listing& listing, const std::string& wanted) {
  const GgufModels ggufs = gguf_models(listing);
  if (!wanted.empty()) return choose_gguf(ggufs, wanted);
  const auto has = [&](std::string_view path) {
    return std::any_of(listing.files.begin(), listing.files.end(),
                       [&](const ListedFile& file) { return file.path == path; });
  };
  const bool is_sharded = has("model.safetensors.index.json");
  if (has("config.json") && (is_sharded || has("model.safetensors"))) {
    FileChoice choice;
    for (const ListedFile& file : listing.files) {
      if (is_of_folder_model(file.path, is_sharded)) choice.files.push_back(file);
    }
    std::stable_sort(choice.files.begin(), choice.files.end(),
                     [](const ListedFile& a, const ListedFile& b) {
                       return std::pair(is_weight_file(a.path), a.path) <
                              std::pair(is_weight_file(b.path), b.path);
                     });
    return choice;
  }
  if (ggufs.size() == 1) return gguf_choice(ggufs.begin()->second);
  if (ggufs.size() > 1) {
    return {Code::kBadInput,
            fmt::format("which file? Name one behind ':', or its quantisation: {}", listed(ggufs))};
  }
  return nothing_to_read(listing);
}

}  // namespace quern::hub
