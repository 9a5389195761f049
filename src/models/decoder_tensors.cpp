#include <string>
#include <utility>

#include <fmt/format.h>

#include "models/model_tensors.h"

namespace quern::models {
namespace {

using formats::DecoderConfig;

/// What each role is called: by GGUF, and by the checkpoints of huggingface/transformers.
struct BlockNames {
  const char* q;
  const char* k;
  const char* v;
  const char* qkv;
  const char* attn_out;
  const char* gate;
  const char* up;
  const char* gate_up;
  const char* down;
  const char* attn_norm;
  const char* ff_norm;
  const char* post_attn_norm;
  const char* post_ff_norm;
  const char* q_norm;
  const char* k_norm;
};

constexpr BlockNames kGgufNames = {
    "attn_q",        "attn_k",      "attn_v",     "attn_qkv",  "attn_output", "ffn_gate",
    "ffn_up",        "ffn_up",      "ffn_down",   "attn_norm", "ffn_norm",    "post_attention_norm",
    "post_ffw_norm", "attn_q_norm", "attn_k_norm"};

// With norms before and after each part, the name of the one before the feed-forward part differs.
constexpr BlockNames kFolderNames = {"self_attn.q_proj",
                                     "self_attn.k_proj",
                                     "self_attn.v_proj",
                                     "self_attn.qkv_proj",
                                     "self_attn.o_proj",
                                     "mlp.gate_proj",
                                     "mlp.up_proj",
                                     "mlp.gate_up_proj",
                                     "mlp.down_proj",
                                     "input_layernorm",
                                     "post_attention_layernorm",
                                     "post_attention_layernorm",
                                     "post_feedforward_layernorm",
                                     "self_attn.q_norm",
                                     "self_attn.k_norm"};

const std::string kWeight = ".weight";
const std::string kBias = ".bias";

class Finder {
 public:
  Finder(const DecoderConfig& config, const TensorSource& source)
      : config_(config), source_(source), names_(source.is_gguf() ? kGgufNames : kFolderNames) {
    if (source_.is_gguf()) return;
    // Models that see images too keep their text part under a longer name.
    for (const char* prefix : {"model.", "language_model.model.", "model.language_model.", ""}) {
      prefix_ = prefix;
      if (source_.has(prefix_ + "embed_tokens.weight")) break;
    }
  }

  Status find_all(OutputMatrix wanted, ModelTensors& out) {
    const int d = config_.d_model;
    const bool gguf = source_.is_gguf();
    QUERN_TRY(
        matrix(gguf ? "token_embd" : prefix_ + "embed_tokens", config_.n_vocab, d, out.token));
    QUERN_TRY(
        vector((gguf ? "output_norm" : prefix_ + "norm") + kWeight, d, out.final_norm.weight));
    if (wanted == OutputMatrix::kWanted) QUERN_TRY(find_output(out));
    out.blocks.resize(static_cast<std::size_t>(config_.n_layers));
    for (int i = 0; i < config_.n_layers; ++i) {
      stem_ = gguf ? fmt::format("blk.{}.", i) : fmt::format("{}layers.{}.", prefix_, i);
      QUERN_TRY(find_block(out.blocks[static_cast<std::size_t>(i)]));
    }
    return {};
  }

 private:
  Status find_output(ModelTensors& out) {
    const bool gguf = source_.is_gguf();
    const std::string output = gguf ? "output" : output_name();
    if (source_.has(output + kWeight) && !(config_.tied_embeddings && !gguf)) {
      return matrix(output, config_.n_vocab, config_.d_model, out.output);
    }
    if (config_.tied_embeddings || gguf) return {};
    return {Code::kNotFound, fmt::format("tensor '{}.weight' is missing", output)};
  }

  std::string output_name() const {
    return prefix_.starts_with("language_model.") ? "language_model.lm_head" : "lm_head";
  }

  Status find_block(BlockTensors& to) {
    QUERN_TRY(find_attention(to));
    QUERN_TRY(find_feed_forward(to));
    const int d = config_.d_model;
    const bool renamed = config_.has_post_norms && !source_.is_gguf();
    const char* ff_norm = renamed ? "pre_feedforward_layernorm" : names_.ff_norm;
    QUERN_TRY(vector(stem_ + names_.attn_norm + kWeight, d, to.attn_norm.weight));
    QUERN_TRY(vector(stem_ + ff_norm + kWeight, d, to.ff_norm.weight));
    if (config_.has_post_norms) {
      QUERN_TRY(vector(stem_ + names_.post_attn_norm + kWeight, d, to.post_attn_norm.weight));
      QUERN_TRY(vector(stem_ + names_.post_ff_norm + kWeight, d, to.post_ff_norm.weight));
    }
    if (!config_.has_qk_norm) return {};
    QUERN_TRY(vector(stem_ + names_.q_norm + kWeight, config_.d_head, to.q_norm));
    return vector(stem_ + names_.k_norm + kWeight, config_.d_head, to.k_norm);
  }

  Status find_attention(BlockTensors& to) {
    const int d = config_.d_model;
    const int d_q = config_.n_heads * config_.d_head;
    const int d_kv = config_.n_kv_heads * config_.d_head;
    if (source_.has(stem_ + names_.qkv + kWeight)) {  // Phi-3: q rows first, then k, then v.
      RawRows all;
      QUERN_TRY(matrix(stem_ + names_.qkv, d_q + 2 * d_kv, d, all));
      to.q.weight = all.slice(0, d_q);
      to.k.weight = all.slice(d_q, d_kv);
      to.v.weight = all.slice(d_q + d_kv, d_kv);
    } else {
      QUERN_TRY(matrix(stem_ + names_.q, d_q, d, to.q.weight));
      QUERN_TRY(matrix(stem_ + names_.k, d_kv, d, to.k.weight));
      QUERN_TRY(matrix(stem_ + names_.v, d_kv, d, to.v.weight));
    }
    QUERN_TRY(matrix(stem_ + names_.attn_out, d, d_q, to.attn_out.weight));
    if (config_.has_qkv_bias) {
      QUERN_TRY(vector(stem_ + names_.q + kBias, d_q, to.q.bias));
      QUERN_TRY(vector(stem_ + names_.k + kBias, d_kv, to.k.bias));
      QUERN_TRY(vector(stem_ + names_.v + kBias, d_kv, to.v.bias));
    }
    if (!config_.has_attn_out_bias) return {};
    return vector(stem_ + names_.attn_out + kBias, d, to.attn_out.bias);
  }

  Status find_feed_forward(BlockTensors& to) {
    const int d = config_.d_model;
    const int d_ff = config_.d_ff;
    if (!source_.has(stem_ + names_.gate + kWeight) &&
        source_.has(stem_ + names_.gate_up + kWeight)) {
      RawRows both;  // Phi-3: gate rows first.
      QUERN_TRY(matrix(stem_ + names_.gate_up, 2 * d_ff, d, both));
      to.gate.weight = both.slice(0, d_ff);
      to.up.weight = both.slice(d_ff, d_ff);
    } else {
      QUERN_TRY(matrix(stem_ + names_.gate, d_ff, d, to.gate.weight));
      QUERN_TRY(matrix(stem_ + names_.up, d_ff, d, to.up.weight));
    }
    QUERN_TRY(matrix(stem_ + names_.down, d, d_ff, to.down.weight));
    if (!config_.has_ff_bias) return {};
    QUERN_TRY(vector(stem_ + names_.gate + kBias, d_ff, to.gate.bias));
    QUERN_TRY(vector(stem_ + names_.up + kBias, d_ff, to.up.bias));
    return vector(stem_ + names_.down + kBias, d, to.down.bias);
  }

  Status matrix(const std::string& name, int n_rows, int n_cols, RawRows& to) const {
    QUERN_ASSIGN(to, source_.matrix(name + kWeight, n_rows, n_cols));
    return {};
  }
  Status vector(const std::string& name, int n, RawRows& to) const {
    QUERN_ASSIGN(to, source_.vector(name, n));
    return {};
  }

  const DecoderConfig& config_;
  const TensorSource& source_;
  const BlockNames& names_;
  std::string prefix_;
  std::string stem_;
};

}  // namespace

Result<ModelTensors> find_decoder_tensors(const DecoderConfig& config, const TensorSource& source,
                                          OutputMatrix output) {
  ModelTensors out;
  QUERN_TRY(Finder(config, source).find_all(output, out));
  return out;
}

}  // namespace quern::models
