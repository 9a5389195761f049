#include "hub/model_state.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <span>

#include <fmt/format.h>

#include "base/file_identity.h"
#include "base/sha256.h"
#include "formats/output_files.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFiles =
    1000;  // More are no model's; the first by name then stand for all.
constexpr std::string_view kEndings[] = {".json", ".txt", ".jinja", ".model", ".safetensors"};
// Of a sentence-transformers module.
constexpr const char* kModuleFiles[] = {"config.json", "model.safetensors"};

bool counts(const std::string& name) {
  return formats::is_output_file(name) ||
         std::any_of(std::begin(kEndings), std::end(kEndings),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

Result<std::vector<std::string>> files_of_folder(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    std::error_code unreadable;
    if (at->is_directory(unreadable)) {
      for (const char* name : kModuleFiles) {
        const fs::path file = at->path() / name;
        if (fs::exists(file, unreadable)) files.push_back(file.string());
      }
    } else if (counts(at->path().filename().string())) {
      files.push_back(at->path().string());
    }
  }
  if (error) return {Code::kIo, fmt::format("cannot list '{}': {}", folder, error.message())};
  std::sort(files.begin(), files.end());
  if (files.size() > kMaxFiles) files.resize(kMaxFiles);
  return files;
}

}  // namespace

std::vector<std::string> gguf_parts(const std::string& path) {
  std::vector<std::string> files = {path};
  const std::size_t at = path.rfind("-00001-of-");
  if (at == std::string::npos) return files;
  std::error_code error;
  for (int i = 2;; ++i) {
    std::string part = path;
    part.replace(at, 6, fmt::format("-{:05}", i));
    if (!fs::exists(part, error)) return files;
    files.push_back(std::move(part));
  }
}

Result<ModelState> ModelState::of(const std::string& path) {
  ModelState state;
  QUERN_ASSIGN(const FileIdentity own, file_identity(path));
  std::error_code error;
  std::vector<std::string> files;
  if (fs::is_directory(path, error)) {
    state.folders_.emplace_back(path, own);
    QUERN_ASSIGN(files, files_of_folder(path));
  } else {
    files = gguf_parts(path);
  }
  std::string text;
  for (const std::string& file : files) {
    const Result<FileIdentity> id = file_identity(file);
    if (!id.ok()) continue;  // It went meanwhile, or is a link to nowhere.
    state.files_.emplace_back(file, *id);
    text += fmt::format("{} {} {} {} {} {}\n", fs::path(file).filename().string(), id->device,
                        id->inode, id->n_bytes, id->mtime_ns, id->ctime_ns);
  }
  state.fingerprint_ = sha256_hex(std::as_bytes(std::span(text))).substr(0, 32);
  return state;
}

bool ModelState::is_current() const {
  const auto is_same = [](const auto& known) {
    const Result<FileIdentity> now = file_identity(known.first);
    return now.ok() && *now == known.second;
  };
  return std::all_of(folders_.begin(), folders_.end(), is_same) &&
         std::all_of(files_.begin(), files_.end(), is_same);
}

}  // namespace quern::hub
