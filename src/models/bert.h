// The BERT encoder family over a ragged batch: embeddings, transformer blocks, pooling, heads.
// Maths only: knows token ids and vectors, never texts or requests.
//
// Source: Devlin et al. 2019 (arXiv 1810.04805); layouts as in huggingface/transformers
// modeling_bert. Agreement with transformers is held by tests/golden and docs/numerics.md.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/byte_ledger.h"
#include "base/mapped_file.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "formats/model_folder.h"
#include "formats/safetensors.h"
#include "kernels/weight.h"
#include "tensor/buffer.h"
#include "tensor/matrix.h"

namespace quern::models {

/// Token rows of several sequences, one after another, with no padding anywhere.
struct RaggedBatch {
  std::span<const std::int32_t> ids;         // [n_tokens], each < n_vocab
  std::span<const std::uint8_t> type_ids;    // [n_tokens], each < n_types
  std::span<const std::int32_t> seq_starts;  // [n_seqs + 1], ascending from 0 to n_tokens

  int n_tokens() const { return static_cast<int>(ids.size()); }
  int n_seqs() const { return static_cast<int>(seq_starts.size()) - 1; }
  int seq_len(int s) const {
    const auto i = static_cast<std::size_t>(s);
    return seq_starts[i + 1] - seq_starts[i];
  }
};

/// A table of rows in the type its file holds, borrowed from the mapped file: only rows that are
/// looked up become resident.
struct EmbeddingTable {
  const std::byte* data = nullptr;  // [n_rows, d], perhaps unaligned
  DType dtype = DType::kF32;        // f32, f16 or bf16
  int n_rows = 0;
  int d = 0;

  /// out[i] += row[i], widened to f32 exactly.
  void add_row(int row, float* out) const;
};

/// One transformer block. Vectors are f32; matrices are packed for the kernels.
struct BertBlock {
  kernels::Weight qkv;                   // [3 * d_model, d_model], q rows first, then k, then v
  kernels::Weight attn_out;              // [d_model, d_model]
  kernels::Weight ff_in;                 // [d_ff, d_model]
  kernels::Weight ff_out;                // [d_model, d_ff]
  std::span<const float> qkv_bias;       // [3 * d_model]
  std::span<const float> attn_out_bias;  // [d_model]
  std::span<const float> ff_in_bias;     // [d_ff]
  std::span<const float> ff_out_bias;    // [d_model]
  std::span<const float> attn_norm_w, attn_norm_b;  // [d_model]
  std::span<const float> ff_norm_w, ff_norm_b;      // [d_model]

  // Int8 only: what the rows of a layer norm are multiplied by before they are quantised; the
  // weights that read them are divided by it (kernels/int8_equalise.h, docs/int8.md).
  std::span<const float> qkv_factors, ff_in_factors;  // [d_model]
};

struct BertModel {
  formats::BertConfig config;
  kernels::Precision precision = kernels::Precision::kF32;

  EmbeddingTable token_embedding;                     // [n_vocab, d_model]
  EmbeddingTable position_embedding;                  // [n_positions, d_model]
  EmbeddingTable type_embedding;                      // [n_types, d_model]
  std::span<const float> embed_norm_w, embed_norm_b;  // [d_model]
  std::vector<BertBlock> blocks;

  // Only where the file has them (sequence classification).
  Matrix<const float> pooler_w;         // [d_model, d_model]
  std::span<const float> pooler_b;      // [d_model]
  Matrix<const float> classifier_w;     // [n_labels, d_model]
  std::span<const float> classifier_b;  // [n_labels]

  formats::TensorFiles files;  // The embedding tables point into it,
  Buffer storage;              // everything else into this
  MappedBytes packed;          // or, where they were packed before, into this.
  Reservation mapped;          // The bytes of the tables and of `packed`.

  int n_labels() const { return classifier_w.rows; }
  std::size_t weight_bytes() const { return storage.size() + mapped.bytes(); }

  /// All that was packed, as load_bert takes it in `packed`.
  std::span<const std::byte> packed_bytes() const {
    return packed.bytes.empty() ? std::span<const std::byte>(storage.as<const std::byte>())
                                : packed.bytes;
  }
};

/// The largest magnitudes of the columns that the products behind a layer norm read, seen on sample
/// texts: what int8 packing equalises channels by.
struct Int8Calibration {
  struct Block {
    std::vector<float> qkv, ff_in;  // [d_model]
  };
  std::vector<Block> blocks;  // [n_layers]
};

/// What load_bert makes of a model's files.
struct BertLoad {
  const formats::ModelFolder& folder;
  kernels::Precision precision = kernels::Precision::kF32;
  // The packed_bytes() of an earlier load of the same files at the same precision, checked by the
  // caller to be undamaged. The model is bound to them and no matrix of the files is read.
  MappedBytes packed = {};
  // For int8 packing, of observe_bert on the same files; without it channels are not equalised and
  // vectors are less faithful.
  const Int8Calibration* calibration = nullptr;
};

/// Checks all tensors, then packs the matrices; the pages of the files that are not needed any
/// more are given back. Bytes are held by the tenant "weights/<folder.name>".
///
/// Errors: kNotFound / kBadInput naming the tensor, its shape and the wanted one;
///   kUnsupported when the precision cannot hold this shape; kBadInput when `packed` has another
///   size than these files give; kExhausted from the ledger.
Result<BertModel> load_bert(BertLoad load, formats::TensorFiles files, ByteLedger& ledger,
                            ThreadPool& pool);

/// Bytes load_bert will reserve for this model (the tables counted as f32).
std::size_t bert_weight_bytes(const formats::ModelFolder& folder, kernels::Precision precision);

/// Bytes of scratch that one forward pass over `n_tokens` rows, the longest sequence having
/// `longest` of them, takes.
std::size_t bert_scratch_bytes(const BertModel& model, int n_tokens, int longest, int n_threads);

/// Hidden states of all rows.
///
/// Shapes: hidden [n_tokens, d_model], rows in batch order; scratch of at least
///   bert_scratch_bytes(...) bytes, 64-byte aligned.
/// Numerics: a row's bits depend on its own sequence only, never on the rest of the batch or on
///   the number of threads.
/// Errors: none. Ids, types and lengths were checked by the caller.
void bert_forward(const BertModel& model, const RaggedBatch& batch, std::span<std::byte> scratch,
                  ThreadPool& pool, Matrix<float> hidden);

/// bert_forward of an f32 model on the calling thread, raising the maxima of `seen` (shaped by the
/// first call).
void observe_bert(const BertModel& model, const RaggedBatch& batch, std::span<std::byte> scratch,
                  Matrix<float> hidden, Int8Calibration& seen);

/// Raises `into` to the maxima of `from`; either may be empty.
void merge_maxima(const Int8Calibration& from, Int8Calibration& into);

/// One vector per sequence from its hidden rows, L2-normalised when asked.
///
/// Shapes: hidden [n_tokens, d_model], out [n_seqs, d_model].
void pool_sequences(const RaggedBatch& batch, Matrix<const float> hidden, formats::Pooling pooling,
                    bool normalize, Matrix<float> out);

/// Logits of a sequence-classification head: classifier(tanh(pooler(hidden of the first row))).
///
/// Shapes: hidden [n_tokens, d_model], out [n_seqs, n_labels].
void classify_sequences(const BertModel& model, const RaggedBatch& batch,
                        Matrix<const float> hidden, Matrix<float> out);

/// The first `dimensions` numbers, scaled to length 1 (a zero vector stays zero).
/// Source: Kusupati et al. 2022 (arXiv 2205.13147), Matryoshka slices.
void slice_and_normalize(std::vector<float>& vector, int dimensions);

}  // namespace quern::models
