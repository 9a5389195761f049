// From the tensors of a file to a decoder that can run. Everything a file can get wrong is refused
// here or in decoder_tensors.cpp, so that the forward pass cannot fail.

#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "models/block_placer.h"
#include "models/decoder.h"

namespace quern::models {
namespace {

void place(const DecoderTensors& t, BlockPlacer& placer, Decoder& m) {
  const float added = m.config.norm_adds_one ? 1.0f : 0.0f;
  m.token_embedding = placer.weight(t.token_embedding);
  m.output = t.output.empty() ? m.token_embedding : placer.weight(t.output);
  m.final_norm = placer.vector(t.final_norm, added);
  m.blocks.resize(t.blocks.size());
  for (std::size_t i = 0; i < t.blocks.size(); ++i) {
    const DecoderBlockTensors& from = t.blocks[i];
    DecoderBlock& to = m.blocks[i];
    to.q = placer.weight(from.q);
    to.k = placer.weight(from.k);
    to.v = placer.weight(from.v);
    to.attn_out = placer.weight(from.attn_out);
    to.gate = placer.weight(from.gate);
    to.up = placer.weight(from.up);
    to.down = placer.weight(from.down);
    to.q_bias = placer.vector(from.q_bias);
    to.k_bias = placer.vector(from.k_bias);
    to.v_bias = placer.vector(from.v_bias);
    to.attn_out_bias = placer.vector(from.attn_out_bias);
    to.gate_bias = placer.vector(from.gate_bias);
    to.up_bias = placer.vector(from.up_bias);
    to.down_bias = placer.vector(from.down_bias);
    to.attn_norm = placer.vector(from.attn_norm, added);
    to.ff_norm = placer.vector(from.ff_norm, added);
    to.post_attn_norm = placer.vector(from.post_attn_norm, added);
    to.post_ff_norm = placer.vector(from.post_ff_norm, added);
    to.q_norm = placer.vector(from.q_norm, added);
    to.k_norm = placer.vector(from.k_norm, added);
  }
}

Status check_config(const formats::DecoderModel& model) {
  if (model.config.d_head <= kernels::kMaxHeadWidth) return {};
  return {Code::kUnsupported,
          fmt::format("model '{}': attention heads are {} wide, want at most {}", model.path,
                      model.config.d_head, kernels::kMaxHeadWidth)};
}

Status check_packed(const MappedBytes& packed, std::size_t want) {
  const bool is_aligned =
      reinterpret_cast<std::uintptr_t>(packed.bytes.data()) % Buffer::kAlignment == 0;
  if (packed.bytes.size() == want && is_aligned) return {};
  return {Code::kBadInput, fmt::format("packed weights '{}' have {} bytes, want {}, aligned",
                                       packed.file.path(), packed.bytes.size(), want)};
}

}  // namespace

Result<Decoder> load_decoder(const formats::DecoderModel& from, ByteLedger& ledger,
                             ThreadPool& pool, MappedBytes packed) {
  QUERN_TRY(check_config(from));
  QUERN_ASSIGN(const DecoderTensors tensors, find_decoder_tensors(from));
  Decoder model;
  model.config = from.config;
  model.rope = make_rope_table(from.config.rope);
  model.window_rope = make_rope_table(from.config.window_rope);
  BlockPlacer count = BlockPlacer::counting(pool);
  place(tensors, count, model);
  const std::string tenant = "weights/" + from.name;
  if (!packed.bytes.empty()) {
    QUERN_TRY(check_packed(packed, count.n_bytes()));
    QUERN_ASSIGN(model.mapped, ledger.reserve(tenant, packed.bytes.size()));
    BlockPlacer bind = BlockPlacer::binding(packed.bytes.data(), pool);
    place(tensors, bind, model);
    model.packed = std::move(packed);
    return model;
  }
  QUERN_ASSIGN(model.storage, Buffer::make(ledger, tenant, count.n_bytes()));
  BlockPlacer fill = BlockPlacer::filling(model.storage.data(), pool);
  place(tensors, fill, model);
  return model;
}

Result<DecoderWeightInfo> decoder_weight_info(const formats::DecoderModel& from) {
  QUERN_TRY(check_config(from));
  QUERN_ASSIGN(const DecoderTensors tensors, find_decoder_tensors(from));
  Decoder model;
  model.config = from.config;
  BlockPlacer count = BlockPlacer::counting(ThreadPool::serial());
  place(tensors, count, model);
  return DecoderWeightInfo{.n_bytes = count.n_bytes(),
                           .main_format = model.blocks.front().gate.format};
}

}  // namespace quern::models
