// Where embeddings go: a NumPy array of float32 [n, d], or one JSON object per line.

#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/status.h"
#include "cli/output_file.h"
#include "engine/engine.h"
#include "engine/texts/text_reader.h"

namespace quern::cli {

class VectorWriter {
 public:
  virtual ~VectorWriter() = default;

  /// Rows come in input order, one per input, failed ones too.
  virtual Status write(const engine::TextItem& item, const engine::Outcome& outcome) = 0;
  virtual Status flush() = 0;

  /// Completes the output; nothing is in place before.
  virtual Status finish() = 0;
};

/// Version 1.0 of the format; a failed row is NaN in all places.
///
/// Source: numpy/lib/format.py. `dims` is the width of every row.
/// Errors: kUnsupported where the file cannot seek, since the count comes last.
Result<std::unique_ptr<VectorWriter>> make_npy_writer(OutputFile file, int dims);

/// {"index": 0, "embedding": [...], "n_tokens": 7, "truncated": false} per line, or
/// {"index": 0, "error": {"code": "...", "message": "..."}}.
std::unique_ptr<VectorWriter> make_jsonl_writer(OutputFile file);

/// By the ending of `path`: .npy, or .jsonl and .ndjson; "" is JSON lines to standard output.
/// Errors: kBadInput for another ending; as OutputFile::create.
Result<std::unique_ptr<VectorWriter>> make_vector_writer(const std::string& path, int dims);

}  // namespace quern::cli
