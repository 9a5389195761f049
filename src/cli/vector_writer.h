// Where embeddings go: a NumPy array of float32 [n, d], or one JSON object per line. Rows of tokens
// and weights of terms are JSON.

#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/status.h"
#include "cli/output_file.h"
#include "engine/engine.h"
#include "engine/texts/text_reader.h"
#include "text/tokenizer.h"

namespace quern::cli {

class VectorWriter {
 public:
  virtual ~VectorWriter() = default;

  /// Rows come in input order, one per input, failed ones too.
  virtual Status write(const engine::TextItem& item, const engine::Outcome& outcome) = 0;
  virtual Status flush() = 0;

  virtual OutputFile& file() = 0;

  /// Completes the output; nothing is in place before.
  virtual Status finish() = 0;
};

/// Version 1.0 of the format; a failed row is NaN in all places.
///
/// Source: numpy/lib/format.py. `dims` is the width of every row. `n_rows` are in the file already.
/// Errors: kUnsupported where the file cannot seek, since the count comes last.
Result<std::unique_ptr<VectorWriter>> make_npy_writer(OutputFile file, int dims, long n_rows = 0);

/// {"index": 0, "embedding": [...], "n_tokens": 7, "truncated": false} per line, or
/// {"index": 0, "error": {"code": "...", "message": "..."}}.
std::unique_ptr<VectorWriter> make_jsonl_writer(OutputFile file, long n_rows = 0);

/// {"index": 0, "tokens": ["a", ...], "embeddings": [[...], ...], "n_tokens": 7, "truncated":
/// false}
std::unique_ptr<VectorWriter> make_row_writer(OutputFile file,
                                              std::shared_ptr<const text::TextEncoder> encoder,
                                              long n_rows = 0);

/// {"index": 0, "terms": [{"id": 9, "token": "a", "weight": 1.5}, ...], "n_tokens": 7,
/// "truncated": false}, the heaviest first.
std::unique_ptr<VectorWriter> make_term_writer(OutputFile file,
                                               std::shared_ptr<const text::TextEncoder> encoder,
                                               long n_rows = 0);

/// What is written.
struct Written {
  engine::OutputKind kind = engine::OutputKind::kVector;
  int dims = 0;                                           // Of vectors.
  std::shared_ptr<const text::TextEncoder> encoder = {};  // Of rows and terms.
};

enum class VectorForm { kNpy, kJsonl };

/// By the ending of `path`: .npy, or .jsonl and .ndjson; "" is JSON lines to standard output.
/// Errors: kBadInput for another ending, and for rows or terms in .npy.
Result<VectorForm> vector_form(const std::string& path, engine::OutputKind kind);

/// Bytes at the start of a file that are written again at its end.
std::size_t front_bytes(VectorForm form);

/// Errors: as vector_form, OutputFile::create and make_npy_writer.
Result<std::unique_ptr<VectorWriter>> make_vector_writer(const std::string& path,
                                                         const Written& what);

/// To a file that holds `n_rows` already.
Result<std::unique_ptr<VectorWriter>> make_vector_writer(OutputFile file, VectorForm form,
                                                         const Written& what, long n_rows);

}  // namespace quern::cli
