#include <initializer_list>
#include <numeric>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "formats/encoder_family.h"
#include "models/model_tensors.h"

namespace quern::models {
namespace {

std::string joined(std::string_view a, std::string_view b) { return std::string(a).append(b); }

class Finder {
 public:
  Finder(const formats::EncoderConfig& config, const TensorSource& source)
      : c_(config), names_(config.names->names), source_(source) {
    // Files of a task put the encoder under a prefix.
    const std::string stem = joined(names_.prefix, names_.token);
    if (source.has(stem + ".weight")) prefix_ = names_.prefix;
  }

  Status find_all(const formats::HeadFacts& head, ModelTensors& out) {
    QUERN_TRY(table(names_.token, c_.n_vocab, out.token));
    QUERN_TRY(table(names_.position, c_.n_position_rows(), out.position));
    QUERN_TRY(table(names_.type, c_.n_types, out.type));
    QUERN_TRY(norm(prefix_, names_.embed_norm, out.embed_norm,
                   c_.names->projects_before_norm ? c_.d_model : c_.d_embed));
    QUERN_TRY(find_projection(out));
    QUERN_TRY(find_distances(out));
    QUERN_TRY(find_convolution(out));
    out.blocks.resize(static_cast<std::size_t>(c_.n_blocks()));
    for (int i = 0; i < c_.n_blocks(); ++i) {
      QUERN_TRY(find_block(i, out.blocks[static_cast<std::size_t>(i)]));
    }
    QUERN_TRY(norm(prefix_, names_.final_norm, out.final_norm, c_.d_model));
    using Sparse = formats::SparseFacts;
    if (head.sparse && head.sparse->kind == Sparse::Kind::kMaskedLm) {
      QUERN_TRY(find_masked_lm(out));
    }
    if (head.output != formats::OutputKind::kLogits) return {};
    return find_classifier(static_cast<int>(head.labels.size()), out);
  }

 private:
  Status find_projection(ModelTensors& out) {
    if (c_.d_embed == c_.d_model && !c_.names->shares_layers) return {};
    return linear(joined(prefix_, names_.embed_project), c_.d_model, c_.d_embed,
                  !c_.names->projects_before_norm, out.embed_project);
  }

  Status find_distances(ModelTensors& out) {
    const std::string name = joined(prefix_, names_.distance) + ".weight";
    if (c_.n_buckets > 0) {
      return take(source_.matrix(name, c_.n_buckets, c_.n_heads), out.distance);
    }
    if (c_.disentangled.span == 0) return {};
    QUERN_TRY(take(source_.matrix(name, c_.disentangled.n_rows(), c_.d_model), out.distance));
    if (!c_.disentangled.has_norm) return {};
    return norm(prefix_, names_.distance_norm, out.distance_norm, c_.d_model);
  }

  Status find_convolution(ModelTensors& out) {
    const formats::Convolution& conv = c_.convolution;
    if (conv.n_taps == 0) return {};
    const std::string name = joined(prefix_, names_.conv);
    QUERN_TRY(
        take(source_.filters(name + ".weight", c_.d_model, c_.d_model / conv.n_groups, conv.n_taps),
             out.conv.weight));
    QUERN_TRY(take(source_.vector(name + ".bias", c_.d_model), out.conv.bias));
    return norm(prefix_, names_.conv_norm, out.conv_norm, c_.d_model);
  }

  /// After q and k.
  Status find_distance_projections(const std::string& stem, BlockTensors& to) {
    const formats::Disentangled& d = c_.disentangled;
    if (d.span == 0) return {};
    to.distance_k = d.to_keys ? to.k : LinearTensors();
    to.distance_q = d.to_queries ? to.q : LinearTensors();
    if (!d.has_own_projections) return {};
    const int width = c_.n_heads * c_.d_head;
    if (d.to_keys) {
      const std::string name = joined(stem, names_.distance_k);
      QUERN_TRY(linear(name, width, c_.d_model, c_.names->has_distance_k_bias, to.distance_k));
    }
    if (!d.to_queries) return {};
    return linear(joined(stem, names_.distance_q), width, c_.d_model, true, to.distance_q);
  }

  Status find_classifier(int n_labels, ModelTensors& out) {
    if (names_.out.empty()) {
      return {Code::kUnsupported, fmt::format("a classifier of the family '{}'", c_.family)};
    }
    const std::string dense = joined(c_.names->dense_is_pooler ? prefix_ : "", names_.dense);
    QUERN_TRY(linear(dense, c_.d_model, c_.d_model, c_.has_head_bias, out.dense));
    QUERN_TRY(norm("", names_.head_norm, out.head_norm, c_.d_model));
    return linear(std::string(names_.out), n_labels, c_.d_model, true, out.out);
  }

  /// Files may leave out the decoder, which is the embedding, and call its bias the decoder's.
  Status find_masked_lm(ModelTensors& out) {
    QUERN_TRY(linear(std::string(names_.mlm_dense), c_.d_model, c_.d_model, c_.has_head_bias,
                     out.mlm_dense));
    QUERN_TRY(norm("", names_.mlm_norm, out.mlm_norm, c_.d_model));
    const std::string decoder(names_.mlm_decoder);
    const bool is_there = source_.has(decoder + ".weight");
    QUERN_TRY(is_there ? take(source_.matrix(decoder + ".weight", c_.n_vocab, c_.d_model),
                              out.mlm_decoder.weight)
                       : table(names_.token, c_.n_vocab, out.mlm_decoder.weight));
    std::string bias(names_.mlm_bias);
    if (!source_.has(bias)) bias = decoder + ".bias";
    if (!source_.has(bias)) return {};
    return take(source_.vector(bias, c_.n_vocab), out.mlm_decoder.bias);
  }

  Status find_block(int i, BlockTensors& to) {
    const std::string stem = prefix_ + fmt::format(fmt::runtime(names_.layer), i);
    const int d_q = c_.n_heads * c_.d_head;
    const int d_kv = c_.n_kv_heads * c_.d_head;
    const bool bias = c_.has_attention_bias;
    if (c_.names->has_qkv_by_heads) {
      QUERN_TRY(find_by_heads(stem, to));
    } else if (!has_fused(stem)) {
      QUERN_TRY(linear(joined(stem, names_.q), d_q, c_.d_model, bias, to.q));
      QUERN_TRY(linear(joined(stem, names_.k), d_kv, c_.d_model, bias, to.k));
      QUERN_TRY(linear(joined(stem, names_.v), d_kv, c_.d_model, bias, to.v));
    } else {
      QUERN_TRY(fused(joined(stem, names_.qkv), {d_q, d_kv, d_kv}, bias, {&to.q, &to.k, &to.v}));
    }
    QUERN_TRY(find_distance_projections(stem, to));
    QUERN_TRY(norm(stem, names_.q_norm, to.q_row_norm, d_q));
    QUERN_TRY(norm(stem, names_.k_norm, to.k_row_norm, d_kv));
    QUERN_TRY(norm(stem, names_.attn_norm_again, to.attn_norm_again, c_.d_model));
    QUERN_TRY(linear(joined(stem, names_.attn_out), c_.d_model, d_q, bias, to.attn_out));
    if (i > 0 || c_.names->has_first_attn_norm) {
      QUERN_TRY(norm(stem, names_.attn_norm, to.attn_norm, c_.d_model));
    }
    QUERN_TRY(find_feed_forward(i, stem, to));
    return norm(stem, names_.ff_norm, to.ff_norm, c_.d_model);
  }

  Status find_by_heads(const std::string& stem, BlockTensors& to) {
    const int d_q = c_.n_heads * c_.d_head;
    QUERN_TRY(take(source_.matrix(joined(stem, names_.qkv) + ".weight", 3 * d_q, c_.d_model),
                   to.qkv_by_heads));
    to.n_heads = c_.n_heads;
    for (LinearTensors* part : {&to.q, &to.k, &to.v}) {
      part->weight = {
          .format = to.qkv_by_heads.format, .n_rows = d_q, .n_cols = c_.d_model, .bytes = {}};
    }
    QUERN_TRY(take(source_.vector(joined(stem, names_.q_bias), d_q), to.q.bias));
    return take(source_.vector(joined(stem, names_.v_bias), d_q), to.v.bias);
  }

  Status find_experts(const std::string& stem, BlockTensors& to) {
    const int n = c_.experts.n;
    QUERN_TRY(
        take(source_.matrix(joined(stem, names_.router) + ".weight", n, c_.d_model), to.router));
    if (names_.experts_bias.empty()) {
      // llama.cpp's converter leaves the bias out.
      to.experts_down_lies = false;
      QUERN_TRY(take(
          source_.matrices(joined(stem, names_.experts_up) + ".weight", n, c_.d_ff, c_.d_model),
          to.experts_up));
      return take(
          source_.matrices(joined(stem, names_.experts_down) + ".weight", n, c_.d_model, c_.d_ff),
          to.experts_down);
    }
    QUERN_TRY(take(source_.matrix(joined(stem, names_.experts_up), n * c_.d_ff, c_.d_model),
                   to.experts_up));
    QUERN_TRY(take(source_.matrix(joined(stem, names_.experts_down), n * c_.d_ff, c_.d_model),
                   to.experts_down));
    return take(source_.vector(joined(stem, names_.experts_bias), c_.d_model), to.experts_bias);
  }

  /// Files of one kind may have either.
  bool has_fused(const std::string& stem) const {
    if (names_.qkv.empty()) return false;
    return names_.q.empty() || source_.has(joined(stem, names_.qkv) + ".weight");
  }

  Status find_feed_forward(int layer, const std::string& stem, BlockTensors& to) {
    const bool bias = c_.has_up_bias;
    if (c_.experts.in(layer)) return find_experts(stem, to);
    const bool has_gate =
        !names_.gate.empty() && source_.has(joined(stem, names_.gate) + ".weight");
    if (!names_.gate_up.empty() && !has_gate) {
      const bool gate_first = c_.names->gate_up == formats::GateUp::kGateFirst;
      QUERN_TRY(fused(joined(stem, names_.gate_up), {c_.d_ff, c_.d_ff}, bias,
                      {gate_first ? &to.gate : &to.up, gate_first ? &to.up : &to.gate}));
    } else {
      const bool is_plain = !c_.is_gated && !names_.plain_up.empty();
      QUERN_TRY(linear(joined(stem, is_plain ? names_.plain_up : names_.up), c_.d_ff, c_.d_model,
                       bias, to.up));
      if (c_.is_gated && !names_.gate.empty()) {
        QUERN_TRY(linear(joined(stem, names_.gate), c_.d_ff, c_.d_model, bias, to.gate));
      }
    }
    return linear(joined(stem, names_.down), c_.d_model, c_.d_ff, c_.has_down_bias, to.down);
  }

  Status table(std::string_view name, int n_rows, RawRows& to) const {
    if (name.empty() || n_rows == 0) return {};
    // Model2Vec's is called that alone.
    const std::string stem = joined(prefix_, name);
    const bool is_bare = c_.n_layers == 0;
    return take(source_.matrix(is_bare ? stem : stem + ".weight", n_rows, c_.d_embed), to);
  }

  Status linear(const std::string& name, int n_out, int n_in, bool has_bias,
                LinearTensors& to) const {
    QUERN_TRY(take(source_.matrix(name + ".weight", n_out, n_in), to.weight));
    return has_bias ? take(source_.vector(name + ".bias", n_out), to.bias) : Status();
  }

  /// Layers whose matrices lie on top of each other in one, `heights` rows each.
  Status fused(const std::string& name, std::initializer_list<int> heights, bool has_bias,
               std::initializer_list<LinearTensors*> parts) const {
    LinearTensors all;
    QUERN_TRY(linear(name, std::accumulate(heights.begin(), heights.end(), 0), c_.d_model, has_bias,
                     all));
    int row = 0;
    const int* height = heights.begin();
    for (LinearTensors* part : parts) {
      part->weight = all.weight.slice(row, *height);
      if (has_bias) part->bias = slice_numbers(all.bias, row, *height);
      row += *height++;
    }
    return {};
  }

  /// Very old files say gamma and beta.
  Status norm(std::string_view stem, std::string_view name, NormTensors& to, int width) const {
    if (name.empty()) return {};
    const std::string at = joined(stem, name);
    const bool is_old = !source_.has(at + ".weight") && source_.has(at + ".gamma");
    QUERN_TRY(take(source_.vector(at + (is_old ? ".gamma" : ".weight"), width), to.weight));
    if (!c_.has_norm_bias) return {};
    return take(source_.vector(at + (is_old ? ".beta" : ".bias"), width), to.bias);
  }

  static Status take(Result<RawRows> found, RawRows& to) {
    if (!found.ok()) return found.status();
    to = *found;
    return {};
  }

  const formats::EncoderConfig& c_;
  const formats::EncoderNames& names_;
  const TensorSource& source_;
  std::string prefix_;
};

/// Of a decoder's network: the classifier is one matrix over the pooled row.
Result<ModelTensors> find_in_decoder(const formats::ModelFolder& folder,
                                     const TensorSource& source) {
  const auto& score = folder.head.logit_score;
  const bool reads_output = score && !source.is_gguf();
  QUERN_ASSIGN(ModelTensors out,
               find_decoder_tensors(*folder.decoder, source,
                                    reads_output ? OutputMatrix::kWanted : OutputMatrix::kAbsent));
  if (folder.head.output != formats::OutputKind::kLogits) return out;
  const char* name = source.is_gguf() ? "cls.output.weight" : "score.weight";
  if (score) {
    RawRows rows = out.output.empty() ? out.token : out.output;
    if (!reads_output) {
      QUERN_ASSIGN(rows, source.matrix(name, 2, folder.config.d_model));
    }
    out.output = {};
    out.out.weight = rows.slice(score->yes, 1);
    if (score->no >= 0) out.minus = rows.slice(score->no, 1);
    return out;
  }
  QUERN_ASSIGN(out.out.weight, source.matrix(name, folder.head.n_values, folder.config.d_model));
  return out;
}

Result<ModelTensors> find_in_encoder(const formats::ModelFolder& folder,
                                     const TensorSource& source) {
  ModelTensors out;
  QUERN_TRY(Finder(folder.config, source).find_all(folder.head, out));
  return out;
}

}  // namespace

Result<ModelTensors> find_encoder_tensors(const formats::ModelFolder& folder,
                                          const TensorSource& source) {
  Result<ModelTensors> found =
      folder.decoder ? find_in_decoder(folder, source) : find_in_encoder(folder, source);
  if (!found.ok()) return found.status().in(folder.path);
  return found;
}

}  // namespace quern::models
