// Tensors of a safetensors file or of a sharded set, mapped read-only and fully checked.
// Source: https://github.com/huggingface/safetensors#format.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "base/status.h"
#include "tensor/dtype.h"

namespace quern::formats {

struct TensorEntry {
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  // Borrowed from the mapped file. The format does not promise that the data begin at a multiple
  // of the element's size: read elements with memcpy, never through a typed pointer.
  std::span<const std::byte> bytes;
};

using TensorMap = std::map<std::string, TensorEntry, std::less<>>;

/// Reads the header of one file's bytes. Every promise is checked: header length, JSON, known
/// dtypes, shape x dtype = byte count, offsets inside the file, no overlap and no hole, no name
/// twice.
/// Errors: kBadInput naming the tensor, what it says and what was wanted; kUnsupported for the
///   format's element types that we have no use for (F8_*, U16, U32, U64, ...).
Result<TensorMap> parse_safetensors(std::span<const std::byte> file);

/// The tensors of a model: one file, or the shards of a `*.safetensors.index.json`.
class TensorFiles {
 public:
  /// `path`: a .safetensors file, an index .json, or a folder that holds either (index first); or a
  /// .pt file of torch.save.
  /// Of a sharded set, exactly the tensors that the index names; shards lie beside the index.
  /// Errors: kNotFound, kIo, and as parse_safetensors; the message names the file.
  static Result<TensorFiles> open(const std::string& path);

  /// nullptr if there is none.
  const TensorEntry* find(std::string_view name) const;
  const TensorMap& all() const { return tensors_; }

  /// Bytes of all tensors, and the files they came from (for digests).
  std::size_t n_bytes() const;
  const std::vector<MappedFile>& files() const { return files_; }

  /// Tells the system that the mapped pages are no longer needed.
  void drop_pages() const;

 private:
  static Result<TensorFiles> open_file(const std::string& path);
  static Result<TensorFiles> open_index(const std::string& path);

  std::vector<MappedFile> files_;
  TensorMap tensors_;
};

}  // namespace quern::formats
