#include "hub/model_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <memory>
#include <span>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/mapped_file.h"
#include "base/sha256.h"
#include "formats/gguf/gguf.h"
#include "formats/output_files.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 2;
constexpr std::size_t kMaxFiles = 1000;
constexpr std::size_t kBlockBytes = 1 << 20;
constexpr const char* kWeights[] = {".safetensors", ".gguf"};
constexpr const char* kOthers[] = {".json", ".txt", ".md", ".jinja", ".model"};
constexpr const char* kPlain[] = {"LICENSE", "NOTICE"};

bool is_wanted(const fs::path& relative) {
  const std::string name = relative.filename().string();
  if (name.front() == '.' || name == kManifestFile) return false;
  if (name == "model.safetensors" && is_module_folder(relative.parent_path().string())) return true;
  if (!relative.has_parent_path() && formats::is_output_file(name)) return true;
  const auto has = [&name](const char* ending) { return name.ends_with(ending); };
  if (std::any_of(std::begin(kWeights), std::end(kWeights), has)) {
    return !relative.has_parent_path() || is_module_folder(relative.parent_path().string());
  }
  return std::any_of(std::begin(kOthers), std::end(kOthers), has) ||
         std::find(std::begin(kPlain), std::end(kPlain), name) != std::end(kPlain);
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  int close() {
    const int result = fd_ >= 0 ? ::close(fd_) : 0;
    fd_ = -1;
    return result;
  }

 private:
  int fd_;
};

Status io_error(const char* action, const std::string& path) {
  return {Code::kIo, fmt::format("cannot {} '{}': {}", action, path, errno_text(errno))};
}

Status write_all(int fd, std::span<const char> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Status copy_file(const std::string& from, const std::string& to) {
  const Descriptor in(from, O_RDONLY);
  if (in.get() < 0) return io_error("open", from);
  Descriptor out(to, O_WRONLY | O_CREAT | O_EXCL);
  if (out.get() < 0) return io_error("create", to);
  const auto block = std::make_unique<std::array<char, kBlockBytes>>();
  for (;;) {
    const ssize_t n = ::read(in.get(), block->data(), block->size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("read", from);
    if (n == 0) break;
    QUERN_TRY(write_all(out.get(), {block->data(), static_cast<std::size_t>(n)}, to));
  }
  // A full disk may show up only here.
  if (::fsync(out.get()) != 0) return io_error("sync", to);
  if (out.close() != 0) return io_error("close", to);
  return {};
}

Result<std::vector<ModelFile>> list_gguf_files(const std::string& path) {
  QUERN_ASSIGN(const formats::GgufFile gguf, formats::GgufFile::open(path));
  std::vector<ModelFile> files;
  for (const MappedFile& file : gguf.files()) {
    files.push_back({fs::path(file.path()).filename().string(), file.bytes().size()});
  }
  return files;
}

}  // namespace

Result<std::vector<ModelFile>> list_model_files(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return list_gguf_files(path);
  const std::string& folder = path;
  std::vector<ModelFile> files;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    if (at->is_directory(error)) {
      if (at.depth() + 1 >= kMaxDepth || at->path().filename().string().front() == '.') {
        at.disable_recursion_pending();
      }
      continue;
    }
    const fs::path relative = at->path().lexically_relative(folder);
    if (!at->is_regular_file(error) || !is_wanted(relative)) continue;
    files.push_back({relative.generic_string(), at->file_size(error)});
    if (files.size() > kMaxFiles) {
      return {Code::kBadInput, fmt::format("'{}' holds more than {} files", folder, kMaxFiles)};
    }
  }
  if (error) {
    return {Code::kIo, fmt::format("cannot list '{}': {}", folder, error.message())};
  }
  std::sort(files.begin(), files.end(),
            [](const ModelFile& a, const ModelFile& b) { return a.path < b.path; });
  return files;
}

bool is_module_folder(std::string_view folder) {
  const std::size_t digits = folder.find_first_not_of("0123456789");
  return digits != folder.npos && digits > 0 && folder[digits] == '_' &&
         digits + 1 < folder.size() && folder.find('/') == folder.npos;
}

Result<std::vector<ManifestFile>> copy_model_files(const std::string& from, const std::string& to,
                                                   const std::vector<ModelFile>& files) {
  std::vector<ManifestFile> copied;
  for (const ModelFile& file : files) {
    const fs::path target = fs::path(to) / file.path;
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    if (error) {
      return {Code::kIo,
              fmt::format("cannot make '{}': {}", target.parent_path().string(), error.message())};
    }
    QUERN_TRY(copy_file((fs::path(from) / file.path).string(), target.string()));
    QUERN_ASSIGN(std::string digest, sha256_hex_of_file(target.string()));
    copied.push_back({file.path, fs::file_size(target, error), std::move(digest)});
  }
  return copied;
}

Result<std::vector<ManifestFile>> link_model_files(const std::string& from, const std::string& to,
                                                   Names names,
                                                   const std::vector<ManifestFile>& files) {
  std::vector<ManifestFile> linked = files;
  for (ManifestFile& file : linked) {
    const fs::path source = fs::path(from) / file.path;
    if (names == Names::kFlat) file.path = source.filename().string();
    const fs::path target = fs::path(to) / file.path;
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    if (error) {
      return {Code::kIo,
              fmt::format("cannot make '{}': {}", target.parent_path().string(), error.message())};
    }
    fs::create_hard_link(source, target, error);
    if (error) QUERN_TRY(copy_file(source.string(), target.string()));
  }
  return linked;
}

Status sync_folder(const std::string& folder) {
  const Descriptor fd(folder, O_RDONLY | O_DIRECTORY);
  if (fd.get() < 0) return io_error("open", folder);
  // Some file systems cannot sync a folder and say EINVAL; their renames need none.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return io_error("sync", folder);
  return {};
}

}  // namespace quern::hub
