// The decoder families (Llama and its kin) over a batch of sequences that continue from their KV
// caches: prompts in chunks and single tokens in the same pass. Maths only: knows token ids and
// logits, never texts, requests or sampling.
//
// Source: Touvron et al. 2023 (arXiv 2302.13971) and the modeling_*.py of huggingface/transformers
// for what each family does differently (formats/decoder_config.h spells it out).

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/byte_ledger.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "formats/decoder_model.h"
#include "kernels/linear.h"
#include "kernels/norm.h"
#include "models/kv_cache.h"
#include "models/rope.h"
#include "models/sections.h"
#include "models/steps.h"
#include "models/transformer.h"
#include "tensor/matrix.h"

namespace quern::models {

struct Decoder {
  formats::DecoderConfig config;
  kernels::Weight token_embedding;  // [n_vocab, d_model], as stored
  kernels::Linear output;           // The same; the embedding itself where they are tied.
  kernels::Norm final_norm;
  std::vector<TransformerBlock> blocks;

  // What the forward pass asks.
  BlockShape shape;
  StepForms forms;
  RopeTable rope, window_rope;

  // Everything points into this: section 0 is the embedding, 1 the output, 2 + i layer i.
  WeightWindow weights;
  static constexpr int kEmbeddingSection = 0;
  std::vector<int> section_order;  // Of the layers, and at last of the output.

  std::size_t weight_bytes() const { return weights.n_bytes(); }
};

struct DecoderLoad {
  // What pack_decoder made of the same file at the same precision: the model is bound to them and
  // no matrix is read. Without sections the matrices are packed into memory.
  MappedSections packed = {};
  Residency residency = Residency::kWhole;  // Of `packed`.
  // Of the blocks' matrices. kStored: in the formats that the file has.
  kernels::Precision precision = kernels::Precision::kStored;
};

/// Checks all tensors, then permutes the matrices into the kernels' order, layer by layer. Bytes
/// are held by the tenant "weights/<model.name>".
///
/// Errors: kNotFound / kBadInput naming the tensor, its shape and the wanted one; kUnsupported for
///   a block format without kernels; kBadInput when `packed` is damaged or of other sizes;
///   kExhausted.
Result<Decoder> load_decoder(const formats::DecoderModel& model, ByteLedger& ledger,
                             ThreadPool& pool, DecoderLoad load = {});

/// Packs the matrices into `sink`, one section in memory at a time.
/// Errors: as load_decoder; of the sink.
Status pack_decoder(const formats::DecoderModel& model, kernels::Precision precision,
                    ByteLedger& ledger, ThreadPool& pool, SectionSink& sink);

struct DecoderWeightInfo {
  std::size_t n_bytes = 0;                      // That load_decoder reserves,
  std::size_t least_bytes = 0;                  // and where they are streamed.
  BlockFormat main_format = BlockFormat::kF32;  // That of the blocks' largest matrix, stored.
};

/// Read from the file's tensors without touching their data. Errors: as load_decoder.
Result<DecoderWeightInfo> decoder_weight_info(
    const formats::DecoderModel& model, kernels::Precision precision = kernels::Precision::kStored);

/// What one sequence brings to a forward pass.
struct DecoderStep {
  std::span<const std::int32_t> ids;  // Its next tokens, each < n_vocab.
  KvSequence* kv = nullptr;           // Has room reserved for them; they follow kv->length().
  int n_logits = 0;                   // Logits are wanted of its last so-many tokens.
  int longest = 0;                    // Tokens of its whole context; for Phi-3's ropes.
};

/// Bytes of scratch for a pass over `n_rows` tokens of which `n_logits` are asked for logits.
std::size_t decoder_scratch_bytes(const Decoder& model, kernels::KvType kv, int n_rows,
                                  int n_logits, int n_threads);

/// Appends the tokens to their caches and gives the logits that were asked for, step by step.
///
/// Shapes: logits [sum of n_logits, n_vocab]; scratch of at least decoder_scratch_bytes(...),
///   64-byte aligned.
/// Numerics: a token's logits depend on its own sequence only: not on how its prompt was cut, on
///   what else was in the batch, on whether its cache was forked, or on the number of threads.
/// Leaves before its end, between two layers and with the caches as they were, when Pace::current()
/// stops.
/// Errors: none. Ids and room were checked by the caller.
void decoder_forward(const Decoder& model, std::span<const DecoderStep> steps,
                     std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> logits);

}  // namespace quern::models
