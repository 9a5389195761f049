// The vectors of a segment's documents as sections of a file: which documents have one, a scale and
// a squared length each, and the two planes of codes. Row i belongs to document i; a document
// without a vector has a row of nothing. docs/format_vectors.md has the byte tables.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/input_file.h"
#include "base/status.h"
#include "store/byte_sink.h"
#include "store/filter/bitmap.h"
#include "store/vector/codes.h"
#include "store/vector/rescore.h"
#include "store/vector/vector_scan.h"

namespace quern::store {

/// A row as it lies in a part: what a merge copies.
struct CodedRow {
  std::span<const std::uint8_t> hi;  // [padded_codes(d)]
  std::span<const std::uint8_t> lo;  // [padded_codes(d)]
  CodeFactors factors;
};

/// A row that owns its memory.
struct OwnedRow {
  std::vector<std::uint8_t> planes;  // [2, padded_codes(d)]
  CodeFactors factors;

  CodedRow row() const {
    const std::span<const std::uint8_t> both(planes);
    return {
        .hi = both.first(both.size() / 2), .lo = both.last(both.size() / 2), .factors = factors};
  }
};

/// Errors: as quantise; kBadInput if x has not `d` values.
Result<OwnedRow> code_row(std::span<const float> x, int d, Metric metric);

/// Where the sections go that grow with each document.
struct VectorSinks {
  ByteSink scales;
  ByteSink norms2;
  ByteSink hi;
  ByteSink lo;
};

/// Documents come in the order of their ids. Memory: one row and a bit a document.
class VectorWriter {
 public:
  VectorWriter(Metric metric, int d, VectorSinks sinks);

  /// Errors: as quantise, kBadInput where x has not d values: nothing was written, and another
  ///   vector may take its place. Those of the sinks: the part is lost.
  Status add(std::span<const float> x);
  Status add_coded(const CodedRow& row);
  Status add_none();

  std::uint32_t n_docs() const { return n_docs_; }

  /// The section that says which documents have a vector.
  std::string present() const;

 private:
  Status write(const CodedRow& row);

  Metric metric_;
  int d_;
  VectorSinks sinks_;
  std::vector<std::uint8_t> row_;  // [2, padded_codes(d)]
  std::vector<std::uint32_t> absent_;
  std::uint32_t n_docs_ = 0;
};

/// As mapped; the second plane is not among them (rescore.h).
struct VectorSections {
  std::span<const std::byte> present;
  std::span<const std::byte> scales;
  std::span<const std::byte> norms2;
  std::span<const std::byte> hi;
};

/// Threads: any.
class VectorPart {
 public:
  /// The sections outlive this; d and metric are those of the catalog's space. Reads only
  /// `present`. Errors: kBadInput naming the section whose length or place is wrong.
  static Result<VectorPart> open(const VectorSections& sections, std::uint32_t n_docs, int d,
                                 Metric metric);

  const CodesView& codes() const { return codes_; }

  /// A search must not look beyond these: AND them with what else is allowed.
  const Bitmap& present() const { return present_; }
  bool has_all() const { return n_vectors_ == present_.n_bits(); }
  std::uint32_t n_vectors() const { return n_vectors_; }

 private:
  CodesView codes_;
  Bitmap present_;
  std::uint32_t n_vectors_ = 0;
};

/// Reads the second plane from where its section begins in a file, which outlives the result.
ReadLow low_rows_in(const InputFile& file, std::uint64_t offset, int d);

}  // namespace quern::store
