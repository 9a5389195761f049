#include "models/decoder_tensors.h"

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kernels/block/block_weight.h"

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

class Finder {
 public:
  Finder(const DecoderConfig& config, DecoderTensors& out) : config_(config), out_(out) {
    if (out.gguf) return;
    // Models that see images too keep their text part under a longer name.
    for (const char* prefix : {"model.", "language_model.model.", "model.language_model.", ""}) {
      prefix_ = prefix;
      if (has(prefix_ + "embed_tokens.weight")) break;
    }
  }

  Status find_all() {
    const int d = config_.d_model;
    const bool gguf = out_.gguf.has_value();
    QUERN_TRY(matrix(gguf ? "token_embd.weight" : prefix_ + "embed_tokens.weight", config_.n_vocab,
                     d, out_.token_embedding));
    QUERN_TRY(vector(gguf ? "output_norm.weight" : prefix_ + "norm.weight", d, out_.final_norm));
    const std::string output = gguf ? "output.weight" : output_name();
    if (has(output) && !(config_.tied_embeddings && !gguf)) {
      QUERN_TRY(matrix(output, config_.n_vocab, d, out_.output));
    } else if (!config_.tied_embeddings && !gguf) {
      return {Code::kNotFound, fmt::format("no tensor '{}'", output)};
    }
    out_.blocks.resize(static_cast<std::size_t>(config_.n_layers));
    for (int i = 0; i < config_.n_layers; ++i) {
      stem_ = gguf ? fmt::format("blk.{}.", i) : fmt::format("{}layers.{}.", prefix_, i);
      QUERN_TRY(
          find_block(gguf ? kGgufNames : kFolderNames, out_.blocks[static_cast<std::size_t>(i)]));
    }
    return {};
  }

 private:
  std::string output_name() const {
    return prefix_.starts_with("language_model.") ? "language_model.lm_head.weight"
                                                  : "lm_head.weight";
  }

  Status find_block(const BlockNames& names, DecoderBlockTensors& to) {
    QUERN_TRY(find_attention(names, to));
    QUERN_TRY(find_feed_forward(names, to));
    const int d = config_.d_model;
    const bool renamed = config_.has_post_norms && !out_.gguf;
    const char* ff_norm = renamed ? "pre_feedforward_layernorm" : names.ff_norm;
    QUERN_TRY(vector(named(names.attn_norm, ".weight"), d, to.attn_norm));
    QUERN_TRY(vector(named(ff_norm, ".weight"), d, to.ff_norm));
    if (config_.has_post_norms) {
      QUERN_TRY(vector(named(names.post_attn_norm, ".weight"), d, to.post_attn_norm));
      QUERN_TRY(vector(named(names.post_ff_norm, ".weight"), d, to.post_ff_norm));
    }
    if (config_.has_qk_norm) {
      QUERN_TRY(vector(named(names.q_norm, ".weight"), config_.d_head, to.q_norm));
      QUERN_TRY(vector(named(names.k_norm, ".weight"), config_.d_head, to.k_norm));
    }
    return {};
  }

  Status find_attention(const BlockNames& names, DecoderBlockTensors& to) {
    const int d = config_.d_model;
    const int d_q = config_.n_heads * config_.d_head;
    const int d_kv = config_.n_kv_heads * config_.d_head;
    if (has(named(names.qkv, ".weight"))) {  // Phi-3: q rows first, then k, then v.
      RawRows all;
      QUERN_TRY(matrix(named(names.qkv, ".weight"), d_q + 2 * d_kv, d, all));
      to.q = slice(all, 0, d_q);
      to.k = slice(all, d_q, d_kv);
      to.v = slice(all, d_q + d_kv, d_kv);
    } else {
      QUERN_TRY(matrix(named(names.q, ".weight"), d_q, d, to.q));
      QUERN_TRY(matrix(named(names.k, ".weight"), d_kv, d, to.k));
      QUERN_TRY(matrix(named(names.v, ".weight"), d_kv, d, to.v));
    }
    QUERN_TRY(matrix(named(names.attn_out, ".weight"), d, d_q, to.attn_out));
    if (config_.has_qkv_bias) {
      QUERN_TRY(vector(named(names.q, ".bias"), d_q, to.q_bias));
      QUERN_TRY(vector(named(names.k, ".bias"), d_kv, to.k_bias));
      QUERN_TRY(vector(named(names.v, ".bias"), d_kv, to.v_bias));
    }
    if (!config_.has_attn_out_bias) return {};
    return vector(named(names.attn_out, ".bias"), d, to.attn_out_bias);
  }

  Status find_feed_forward(const BlockNames& names, DecoderBlockTensors& to) {
    const int d = config_.d_model;
    const int d_ff = config_.d_ff;
    if (!has(named(names.gate, ".weight")) && has(named(names.gate_up, ".weight"))) {
      RawRows both;  // Phi-3: gate rows first.
      QUERN_TRY(matrix(named(names.gate_up, ".weight"), 2 * d_ff, d, both));
      to.gate = slice(both, 0, d_ff);
      to.up = slice(both, d_ff, d_ff);
    } else {
      QUERN_TRY(matrix(named(names.gate, ".weight"), d_ff, d, to.gate));
      QUERN_TRY(matrix(named(names.up, ".weight"), d_ff, d, to.up));
    }
    QUERN_TRY(matrix(named(names.down, ".weight"), d, d_ff, to.down));
    if (!config_.has_ff_bias) return {};
    QUERN_TRY(vector(named(names.gate, ".bias"), d_ff, to.gate_bias));
    QUERN_TRY(vector(named(names.up, ".bias"), d_ff, to.up_bias));
    return vector(named(names.down, ".bias"), d, to.down_bias);
  }

  std::string named(const char* role, const char* ending) const { return stem_ + role + ending; }

  bool has(const std::string& name) const {
    return out_.gguf ? out_.gguf->find(name) != nullptr : out_.safetensors->find(name) != nullptr;
  }

  Status matrix(const std::string& name, int n_rows, int n_cols, RawRows& to) const {
    return find(name, {n_rows, n_cols}, to);
  }
  Status vector(const std::string& name, int n, RawRows& to) const { return find(name, {n}, to); }

  Status find(const std::string& name, const std::vector<std::int64_t>& want, RawRows& to) const {
    std::vector<std::int64_t> shape;
    std::optional<BlockFormat> format;
    std::string format_name;
    if (out_.gguf) {
      const formats::GgufTensor* t = out_.gguf->find(name);
      if (t == nullptr) return {Code::kNotFound, fmt::format("no tensor '{}'", name)};
      shape = t->shape;
      format = t->format;
      to.bytes = t->bytes;
      format_name = block_layout(t->format).name;
    } else {
      const formats::TensorEntry* t = out_.safetensors->find(name);
      if (t == nullptr) return {Code::kNotFound, fmt::format("no tensor '{}'", name)};
      shape = t->shape;
      format = block_format_of(t->dtype);
      to.bytes = t->bytes;
      format_name = dtype_name(t->dtype);
    }
    if (shape != want) {
      return {Code::kBadInput, fmt::format("tensor '{}' is [{}], want [{}]", name,
                                           fmt::join(shape, ", "), fmt::join(want, ", "))};
    }
    if (!format || !kernels::is_block_product(*format)) {
      return {Code::kUnsupported,
              fmt::format("tensor '{}' is {}, which cannot be multiplied", name, format_name)};
    }
    to.format = *format;
    to.n_cols = static_cast<int>(want.back());
    to.n_rows = want.size() == 2 ? static_cast<int>(want.front()) : 1;
    return {};
  }

  static RawRows slice(const RawRows& all, int first, int n) {
    const std::size_t row = all.bytes.size() / static_cast<std::size_t>(all.n_rows);
    RawRows out = all;
    out.n_rows = n;
    out.bytes =
        all.bytes.subspan(static_cast<std::size_t>(first) * row, static_cast<std::size_t>(n) * row);
    return out;
  }

  const DecoderConfig& config_;
  DecoderTensors& out_;
  std::string prefix_;
  std::string stem_;
};

}  // namespace

Result<DecoderTensors> find_decoder_tensors(const formats::DecoderModel& model) {
  DecoderTensors out;
  if (model.weights == formats::WeightFiles::kGguf) {
    QUERN_ASSIGN(out.gguf, formats::GgufFile::open(model.path));
  } else {
    QUERN_ASSIGN(out.safetensors, formats::TensorFiles::open(model.path));
  }
  QUERN_TRY(Finder(model.config, out).find_all().in(fmt::format("model '{}'", model.path)));
  return out;
}

}  // namespace quern::models
