#include "hub/model_digest.h"

#include <filesystem>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/sha256.h"
#include "formats/output_files.h"
#include "hub/digest_memo.h"
#include "hub/manifest.h"
#include "hub/model_state.h"
#include "hub/packed_cache.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;

/// The manifest of a model installed under `home`, and its age. One in any other folder came with
/// the folder, and could claim anything.
struct TrustedManifest {
  std::optional<Manifest> manifest;
  std::int64_t written_ns = 0;
  fs::path folder;

  TrustedManifest(const std::string& home, const std::string& at) : folder(at) {
    std::error_code error;
    if (!fs::equivalent(fs::absolute(folder, error).parent_path(), home + "/models", error)) return;
    const Result<MappedFile> file = MappedFile::open((folder / kManifestFile).string());
    Result<Manifest> read = read_manifest(at);
    if (!file.ok() || !read.ok()) return;
    manifest = std::move(*read);
    written_ns = file->identity().mtime_ns;
  }

  std::optional<std::string> find(const MappedFile& file) const {
    const fs::path path = file.path();
    std::error_code error;
    if (!manifest || file.identity().mtime_ns > written_ns) return std::nullopt;
    if (!fs::equivalent(path.parent_path(), folder, error)) return std::nullopt;
    for (const ManifestFile& entry : manifest->files) {
      if (entry.path == path.filename() && entry.n_bytes == file.identity().n_bytes) {
        return entry.sha256;
      }
    }
    return std::nullopt;
  }
};

enum class Unknown { kRead, kGiveUp };  // Digests that nobody wrote down.

Result<std::string> digest_of(const std::string& home, const std::string& folder,
                              std::span<const MappedFile> files, Unknown weights) {
  const TrustedManifest installed(home, folder);
  const DigestMemo memo(home + "/packed/digests");
  std::string small, large;
  const auto add = [&](const MappedFile& file, Unknown unknown, std::string& all) -> Status {
    std::optional<std::string> digest = installed.find(file);
    if (!digest) digest = memo.find(file.identity());
    if (!digest && unknown == Unknown::kGiveUp) return {Code::kNotFound, "not read so far"};
    if (!digest) {
      digest = sha256_hex(file);
      if (is_packed_cache_on()) memo.remember(file.identity(), *digest);
    }
    all += fmt::format("{} {}\n", fs::path(file.path()).filename().string(), *digest);
    return {};
  };
  const auto add_if_there = [&](const char* name, Unknown unknown, std::string& all) -> Status {
    const Result<MappedFile> file = MappedFile::open(folder + "/" + name);
    if (file.ok()) return add(*file, unknown, all);
    return file.status().code() == Code::kNotFound ? Status() : file.status();
  };
  // Before anything is read for nothing.
  for (const char* name : formats::kOutputFiles) QUERN_TRY(add_if_there(name, weights, large));
  for (const MappedFile& file : files) QUERN_TRY(add(file, weights, large));
  for (const char* name : {"config.json", "tokenizer.json", "vocab.txt"}) {
    QUERN_TRY(add_if_there(name, Unknown::kRead, small));
  }
  const std::string all = small + large;
  return sha256_hex(std::as_bytes(std::span(all)));
}

std::optional<std::string> known_digest(const std::string& home, const std::string& folder,
                                        std::span<const MappedFile> files) {
  Result<std::string> digest = digest_of(home, folder, files, Unknown::kGiveUp);
  return digest.ok() ? std::optional(std::move(*digest)) : std::nullopt;
}

Result<std::string> digest_at(const std::string& home, const std::string& path, Unknown unknown) {
  if (!path.ends_with(".gguf")) {
    QUERN_ASSIGN(const formats::TensorFiles files, formats::TensorFiles::open(path));
    return digest_of(home, path, files.files(), unknown);
  }
  std::vector<MappedFile> parts;
  for (const std::string& part : gguf_parts(path)) {
    QUERN_ASSIGN(MappedFile file, MappedFile::open(part));
    parts.push_back(std::move(file));
  }
  return digest_of(home, fs::path(path).parent_path().string(), parts, unknown);
}

}  // namespace

Result<std::string> model_digest(const std::string& home, const std::string& folder,
                                 std::span<const MappedFile> weights) {
  return digest_of(home, folder, weights, Unknown::kRead);
}

Result<std::string> model_digest(const std::string& home, const std::string& folder,
                                 const formats::TensorFiles& files) {
  return model_digest(home, folder, files.files());
}

std::optional<std::string> known_model_digest(const std::string& home, const std::string& folder,
                                              const formats::TensorFiles& files) {
  return known_digest(home, folder, files.files());
}

Result<std::string> model_digest(const std::string& home, const std::string& path) {
  return digest_at(home, path, Unknown::kRead);
}

std::optional<std::string> known_model_digest(const std::string& home, const std::string& path) {
  Result<std::string> digest = digest_at(home, path, Unknown::kGiveUp);
  return digest.ok() ? std::optional(std::move(*digest)) : std::nullopt;
}

}  // namespace quern::hub
