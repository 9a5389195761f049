// Which files of a folder make up a model, and copying them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "hub/manifest.h"

namespace quern::hub {

struct ModelFile {
  std::string path;  // Relative to the folder, with '/'.
  std::uint64_t n_bytes = 0;
};

/// The files worth installing: configs, tokenizers, licences, and the weights of the folder itself
/// and of its modules (not other exports of them, such as onnx/ or pytorch_model.bin). Links to
/// files are followed. Of a .gguf file: the file itself, or all the parts of a split one.
Result<std::vector<ModelFile>> list_model_files(const std::string& path);

/// "1_Pooling", "2_Dense": of a module of sentence-transformers.
bool is_module_folder(std::string_view folder);

/// Copies them from folder to folder, to the disk; returns each with its digest.
/// Errors: kIo, naming the file and the system's reason; what was copied stays for the caller.
Result<std::vector<ManifestFile>> copy_model_files(const std::string& from, const std::string& to,
                                                   const std::vector<ModelFile>& files);

enum class Names {
  kKept,
  kFlat,  // Without the folders they lie in.
};

/// Gives files of the folder `from`, whose digests are known, a second name in `to`; copies them
/// where the file system has no such thing. Errors: kIo.
Result<std::vector<ManifestFile>> link_model_files(const std::string& from, const std::string& to,
                                                   Names names,
                                                   const std::vector<ManifestFile>& files);

/// Makes the names in `folder` durable. Errors: kIo.
Status sync_folder(const std::string& folder);

}  // namespace quern::hub
