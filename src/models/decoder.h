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
#include "base/mapped_file.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "formats/decoder_model.h"
#include "kernels/block/block_weight.h"
#include "models/kv_cache.h"
#include "models/rope.h"
#include "tensor/buffer.h"
#include "tensor/matrix.h"

namespace quern::models {

/// One transformer block. Vectors are f32, empty where the family has none; matrices keep the
/// blocks of their file, permuted for the kernels.
struct DecoderBlock {
  kernels::BlockWeight q;         // [n_heads * d_head, d_model]
  kernels::BlockWeight k, v;      // [n_kv_heads * d_head, d_model]
  kernels::BlockWeight attn_out;  // [d_model, n_heads * d_head]
  kernels::BlockWeight gate, up;  // [d_ff, d_model]
  kernels::BlockWeight down;      // [d_model, d_ff]
  std::span<const float> q_bias, k_bias, v_bias, attn_out_bias, gate_bias, up_bias, down_bias;
  std::span<const float> attn_norm, ff_norm;            // [d_model]
  std::span<const float> post_attn_norm, post_ff_norm;  // [d_model]
  std::span<const float> q_norm, k_norm;                // [d_head]
};

struct Decoder {
  formats::DecoderConfig config;
  kernels::BlockWeight token_embedding;  // [n_vocab, d_model]
  kernels::BlockWeight output;           // The same; the embedding itself where they are tied.
  std::span<const float> final_norm;     // [d_model]
  std::vector<DecoderBlock> blocks;
  RopeTable rope, window_rope;

  Buffer storage;      // Everything points into this,
  MappedBytes packed;  // or, where it was packed before, into this.
  Reservation mapped;  // The bytes of `packed`.

  std::size_t weight_bytes() const { return storage.size() + mapped.bytes(); }
  /// All that was packed, as load_decoder takes it in `packed`.
  std::span<const std::byte> packed_bytes() const {
    return packed.bytes.empty() ? std::span<const std::byte>(storage.as<const std::byte>())
                                : packed.bytes;
  }
};

/// Checks all tensors, then permutes the matrices into the kernels' order, in the formats that the
/// file has. Bytes are held by the tenant "weights/<model.name>".
///
/// `packed`: the packed_bytes() of an earlier load of the same file; the model is bound to them and
///   no matrix is read.
/// Errors: kNotFound / kBadInput naming the tensor, its shape and the wanted one; kUnsupported for
///   a block format without kernels; kBadInput when `packed` has another size; kExhausted.
Result<Decoder> load_decoder(const formats::DecoderModel& model, ByteLedger& ledger,
                             ThreadPool& pool, MappedBytes packed = {});

struct DecoderWeightInfo {
  std::size_t n_bytes = 0;                      // That load_decoder reserves.
  BlockFormat main_format = BlockFormat::kF32;  // That of the blocks' largest matrix.
};

/// Read from the file's tensors without touching their data. Errors: as load_decoder.
Result<DecoderWeightInfo> decoder_weight_info(const formats::DecoderModel& model);

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
/// Errors: none. Ids and room were checked by the caller.
void decoder_forward(const Decoder& model, std::span<const DecoderStep> steps,
                     std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> logits);

}  // namespace quern::models
