#include "hub/model_digest.h"

#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "base/sha256.h"
#include "hub/digest_memo.h"
#include "hub/manifest.h"

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

}  // namespace

Result<std::string> model_digest(const std::string& home, const std::string& folder,
                                 const formats::TensorFiles& files) {
  const TrustedManifest installed(home, folder);
  const DigestMemo memo(home + "/packed/digests");
  std::string all;
  const auto add = [&](const MappedFile& file) {
    std::optional<std::string> digest = installed.find(file);
    if (!digest) digest = memo.find(file.identity());
    if (!digest) {
      digest = sha256_hex(file.bytes());
      memo.remember(file.identity(), *digest);
    }
    all += fmt::format("{} {}\n", fs::path(file.path()).filename().string(), *digest);
  };
  for (const char* name : {"config.json", "tokenizer.json", "vocab.txt"}) {
    const Result<MappedFile> file = MappedFile::open(folder + "/" + name);
    if (file.ok()) add(*file);
    if (!file.ok() && file.status().code() != Code::kNotFound) return file.status();
  }
  for (const MappedFile& file : files.files()) add(file);
  return sha256_hex(std::as_bytes(std::span(all)));
}

}  // namespace quern::hub
