// The encoder families over a ragged batch: whole texts to hidden states. Maths only: knows token
// ids and vectors, never texts or requests.
//
// Source: Devlin et al. 2019 (arXiv 1810.04805) and the modeling_*.py of huggingface/transformers
// for what each family does differently (formats/encoder_config.h spells it out). Agreement with
// transformers is held by tests/golden and docs/numerics.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/byte_ledger.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "formats/model_folder.h"
#include "kernels/norm.h"
#include "kernels/weight.h"
#include "models/heads.h"
#include "models/module_chain.h"
#include "models/ragged_batch.h"
#include "models/rope.h"
#include "models/sections.h"
#include "models/steps.h"
#include "models/tensor_source.h"
#include "models/term_head.h"
#include "models/transformer.h"
#include "models/vector_head.h"
#include "tensor/matrix.h"

namespace quern::models {

struct Encoder {
  formats::EncoderConfig config;
  kernels::Precision precision = kernels::Precision::kF32;

  EmbeddingTable token_embedding;     // [n_vocab, d_embed]
  EmbeddingTable position_embedding;  // [n_position_rows, d_embed], or empty
  EmbeddingTable type_embedding;      // [n_types, d_embed], or empty
  kernels::Norm embed_norm;           // [d_embed]; empty where there is none.
  kernels::Linear embed_project;      // [d_model, d_embed]; empty where they are one.
  kernels::Norm final_norm;           // With NormPlace::kPre.
  std::vector<kernels::Linear> conv;  // Of each group: [d_model / n_groups, the same * n_taps]
  kernels::Norm conv_norm;
  std::vector<TransformerBlock> blocks;
  // What becomes of hidden rows, by what the model's head makes of them.
  Classifier classifier;
  VectorHead head;
  ModuleChain rows;           // Of each row that is wanted by itself.
  TermHead terms;             // Weights of terms, by the vocabulary,
  ModuleChain terms_of_rows;  // or by the row.

  // What the forward pass asks.
  BlockShape shape;
  StepForms forms;
  RopeTable rope, window_rope;
  Matrix<const float> offset_bias;            // As AttentionSpec has it.
  std::vector<std::int32_t> distance_places;  // RelativeRows::at

  TensorSource files;    // The embedding tables point into it,
  WeightWindow weights;  // everything else into this: section 0 is shared, 1 + i is block i.
  std::vector<int> section_order;  // Of each layer.
  Reservation tables;              // The bytes of the tables.

  std::size_t weight_bytes() const {
    return weights.n_bytes() + tables.bytes() + head.weight_bytes() + rows.weight_bytes() +
           terms_of_rows.weight_bytes();
  }
};

/// What int8 packing equalises channels by.
struct Int8Calibration {
  std::vector<BlockMaxima> blocks;  // [n_blocks]
};

/// What load_encoder makes of a model's files.
struct EncoderLoad {
  const formats::ModelFolder& folder;
  kernels::Precision precision = kernels::Precision::kF32;
  // What pack_encoder made of the same files at the same precision: the model is bound to them and
  // no matrix of the files is read. Without sections the matrices are packed into memory.
  MappedSections packed = {};
  Residency residency = Residency::kWhole;  // Of `packed`.
  // For int8 packing, of observe_encoder on the same files; without it channels are not equalised
  // and vectors are less faithful.
  const Int8Calibration* calibration = nullptr;
};

/// Checks all tensors, then packs the matrices, layer by layer; the pages of the files that are not
/// needed any more are given back. Bytes are held by the tenant "weights/<folder.name>".
///
/// Errors: kNotFound / kBadInput naming the tensor, its shape and the wanted one;
///   kUnsupported when the precision cannot hold this shape; kBadInput when `packed` is damaged or
///   of other sizes than these files give; kExhausted from the ledger.
Result<Encoder> load_encoder(EncoderLoad load, TensorSource files, ByteLedger& ledger,
                             ThreadPool& pool);

/// Packs the matrices into `sink`, one section in memory at a time.
/// Errors: as load_encoder; of the sink.
Status pack_encoder(const EncoderLoad& load, TensorSource files, ByteLedger& ledger,
                    ThreadPool& pool, SectionSink& sink);

struct EncoderWeightInfo {
  std::size_t n_bytes = 0;                      // That load_encoder reserves,
  std::size_t least_bytes = 0;                  // and where they are streamed.
  BlockFormat main_format = BlockFormat::kF32;  // That of the blocks' largest matrix, stored.
};

/// Read from the tensors of the model's files without touching their data. Errors: as load_encoder.
Result<EncoderWeightInfo> encoder_weight_info(const formats::ModelFolder& folder,
                                              kernels::Precision precision);

/// The same without a look at the files, which count as f32.
EncoderWeightInfo encoder_weight_bytes(const formats::ModelFolder& folder,
                                       kernels::Precision precision);

/// Bytes of scratch that one forward pass over `n_tokens` rows, the longest sequence having
/// `longest` of them, takes.
std::size_t encoder_scratch_bytes(const Encoder& model, int n_tokens, int longest, int n_threads);

/// Hidden states of all rows.
///
/// Shapes: hidden [n_tokens, d_model], rows in batch order; scratch of at least
///   encoder_scratch_bytes(...) bytes, 64-byte aligned.
/// Numerics: a row's bits depend on its own sequence only, never on the rest of the batch or on
///   the number of threads.
/// Leaves before its end, between two layers, when Pace::current() stops.
/// Errors: none. Ids, types and lengths were checked by the caller.
void encoder_forward(const Encoder& model, const RaggedBatch& batch, std::span<std::byte> scratch,
                     ThreadPool& pool, Matrix<float> hidden);

/// encoder_forward of an f32 model on the calling thread, raising the maxima of `seen` (shaped by
/// the first call).
void observe_encoder(const Encoder& model, const RaggedBatch& batch, std::span<std::byte> scratch,
                     Matrix<float> hidden, Int8Calibration& seen);

/// Raises `into` to the maxima of `from`; either may be empty.
void merge_maxima(const Int8Calibration& from, Int8Calibration& into);

}  // namespace quern::models
