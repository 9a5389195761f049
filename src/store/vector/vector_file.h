// A file of vectors: those of one segment's documents in one space. Written once, mapped read-only;
// the second plane is read row by row. docs/format_vectors.md.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_layer.h"
#include "base/input_file.h"
#include "base/pace.h"
#include "base/status.h"
#include "store/segment/container.h"
#include "store/vector/space.h"
#include "store/vector/vector_part.h"

namespace quern::store {

/// What the catalog keeps of a segment's file beside its text.
struct PartRow {
  FileKind kind = FileKind::kVectors;
  SpaceId space = 0;
  std::uint64_t nonce = 0;
  std::string file;  // Its name in the folder of segments.
  PartSeal seal;
  std::uint32_t n_rows = 0;  // Documents that have a vector, dead or not.

  bool operator==(const PartRow&) const = default;
};

/// Threads: any.
class VectorFile {
 public:
  /// Of a segment of `n_docs`. Reads the ends of the file and which documents have a vector.
  /// Errors: kNotFound, kIo; kBadInput where it is damaged or another one than `row` says.
  static Result<std::shared_ptr<const VectorFile>> open(const PartPlaces& places,
                                                        std::uint64_t segment, std::uint32_t n_docs,
                                                        const PartRow& row,
                                                        const VectorSpace& space);

  VectorFile(const VectorFile&) = delete;
  VectorFile& operator=(const VectorFile&) = delete;

  const PartRow& row() const { return row_; }
  const Container& container() const { return container_; }

  const Bitmap& present() const { return part_.present(); }

  /// For searches: factors are summed, codes are not, which may be of any bytes.
  /// Errors: kBadInput naming file and section.
  Result<const VectorPart*> vectors() const;

  /// Of vectors(); good while this lives.
  ReadLow read_low() const { return low_rows_in(file_, low_offset_, part_.codes().d); }

  /// Nothing where the document has none. `low` [padded_codes(d)] is for its second plane. Errors:
  /// kIo.
  Result<std::optional<CodedRow>> coded_row(std::uint32_t doc, std::span<std::uint8_t> low) const;

  /// Reads all of it: sums, codes in their range, factors that are numbers, nothing where there is
  /// no vector. Errors: kBadInput naming the first thing that is wrong; kCancelled.
  Status check() const;

 private:
  VectorFile() = default;
  Status open_sections(const std::string& path, std::uint32_t n_docs, const VectorSpace& space);
  Status check_row(std::uint32_t doc, std::span<std::uint8_t> low) const;

  PartRow row_;
  Container container_;
  InputFile file_;
  std::uint64_t low_offset_ = 0;
  VectorPart part_;
};

/// Asked once for each document in order; what it gives is read before the next call.
using RowOf = std::function<Result<std::optional<CodedRow>>(std::uint32_t doc)>;

/// What write_vectors takes.
std::size_t vector_write_bytes(std::uint32_t n_docs, int d);

/// Writes, syncs and names the file in `folder`; nobody sees it before the catalog names it.
/// Memory: vector_write_bytes. Errors: kIo; those of row_of. Nothing stays.
Result<PartRow> write_vectors(FileLayer& files, const std::string& folder, const PartName& name,
                              std::uint32_t n_docs, const SpaceRow& space, const RowOf& row_of);

}  // namespace quern::store
