// The tensors of a model by name, whatever kind of file they are in, checked for shape and format.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "formats/gguf/gguf.h"
#include "formats/safetensors.h"
#include "formats/weight_files.h"
#include "models/raw_rows.h"

namespace quern::models {

/// No files at all: every tensor exists, in f32 and without bytes. For counting.
struct ShapesOnly {};

class TensorSource {
 public:
  using Files = std::variant<ShapesOnly, formats::TensorFiles, formats::GgufFile>;

  TensorSource() = default;
  explicit TensorSource(Files files) : files_(std::move(files)) {}

  /// The file or files at a path. Errors: as TensorFiles::open and GgufFile::open.
  static Result<TensorSource> open(const std::string& path, formats::WeightFiles kind);

  bool has(const std::string& name) const;
  bool is_gguf() const { return std::holds_alternative<formats::GgufFile>(files_); }

  /// Errors: kNotFound, kBadInput, kUnsupported, each naming the tensor, what it is and what was
  /// wanted.
  Result<RawRows> matrix(const std::string& name, int n_rows, int n_cols) const {
    return find(name, {n_rows, n_cols}, n_rows);
  }
  Result<RawRows> vector(const std::string& name, int n) const { return find(name, {n}, 1); }
  /// Of three dimensions: `n` matrices on top of each other, as n * n_rows rows;
  Result<RawRows> matrices(const std::string& name, int n, int n_rows, int n_cols) const {
    return find(name, {n, n_rows, n_cols}, n * n_rows);
  }
  /// or filters of a convolution, one a row: the taps of the first input, of the second, ...
  Result<RawRows> filters(const std::string& name, int n, int n_inputs, int n_taps) const {
    return find(name, {n, n_inputs, n_taps}, n);
  }

  /// What they are read from; none for ShapesOnly.
  std::span<const MappedFile> mapped() const;

  /// Tells the system that the mapped pages are no longer needed.
  void drop_pages() const;

 private:
  Result<RawRows> find(const std::string& name, const std::vector<std::int64_t>& want,
                       int n_rows) const;

  Files files_;
};

}  // namespace quern::models
