#include <string>

#include <fmt/format.h>

#include "formats/encoder_family.h"
#include "models/model_tensors.h"

namespace quern::models {
namespace {

class Finder {
 public:
  Finder(const formats::EncoderConfig& config, const TensorSource& source)
      : c_(config), names_(config.names->names), source_(source) {
    // Files of a task put the encoder under a prefix.
    if (source.has(names_.prefix + std::string(names_.token) + ".weight")) prefix_ = names_.prefix;
  }

  Status find_all(bool classifies, int n_labels, ModelTensors& out) {
    QUERN_TRY(table(names_.token, c_.n_vocab, out.token));
    QUERN_TRY(table(names_.position, c_.n_position_rows(), out.position));
    QUERN_TRY(table(names_.type, c_.n_types, out.type));
    QUERN_TRY(norm(prefix_ + names_.embed_norm, out.embed_norm));
    out.blocks.resize(static_cast<std::size_t>(c_.n_layers));
    for (int i = 0; i < c_.n_layers; ++i) {
      QUERN_TRY(find_block(i, out.blocks[static_cast<std::size_t>(i)]));
    }
    if (!classifies) return {};
    const std::string dense = (c_.names->dense_is_pooler ? prefix_ : "") + names_.dense;
    QUERN_TRY(linear(dense, c_.d_model, c_.d_model, out.dense));
    return linear(names_.out, n_labels, c_.d_model, out.out);
  }

 private:
  Status find_block(int i, BlockTensors& to) {
    const std::string stem = prefix_ + fmt::format(fmt::runtime(names_.layer), i);
    const int d_q = c_.n_heads * c_.d_head;
    const int d_kv = c_.n_kv_heads * c_.d_head;
    QUERN_TRY(linear(stem + names_.q, d_q, c_.d_model, to.q));
    QUERN_TRY(linear(stem + names_.k, d_kv, c_.d_model, to.k));
    QUERN_TRY(linear(stem + names_.v, d_kv, c_.d_model, to.v));
    QUERN_TRY(linear(stem + names_.attn_out, c_.d_model, d_q, to.attn_out));
    QUERN_TRY(norm(stem + names_.attn_norm, to.attn_norm));
    QUERN_TRY(linear(stem + names_.up, c_.d_ff, c_.d_model, to.up));
    QUERN_TRY(linear(stem + names_.down, c_.d_model, c_.d_ff, to.down));
    return norm(stem + names_.ff_norm, to.ff_norm);
  }

  Status table(const char* name, int n_rows, RawRows& to) const {
    return take(source_.matrix(prefix_ + name + ".weight", n_rows, c_.d_model), to);
  }

  Status linear(const std::string& name, int n_out, int n_in, LinearTensors& to) const {
    QUERN_TRY(take(source_.matrix(name + ".weight", n_out, n_in), to.weight));
    return take(source_.vector(name + ".bias", n_out), to.bias);
  }

  /// Very old files say gamma and beta.
  Status norm(const std::string& name, NormTensors& to) const {
    const bool is_old = !source_.has(name + ".weight") && source_.has(name + ".gamma");
    QUERN_TRY(take(source_.vector(name + (is_old ? ".gamma" : ".weight"), c_.d_model), to.weight));
    return take(source_.vector(name + (is_old ? ".beta" : ".bias"), c_.d_model), to.bias);
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

}  // namespace

Result<ModelTensors> find_encoder_tensors(const formats::ModelFolder& folder,
                                          const TensorSource& source) {
  ModelTensors out;
  QUERN_TRY(Finder(folder.config, source)
                .find_all(folder.head.output == formats::OutputKind::kLogits,
                          static_cast<int>(folder.head.labels.size()), out)
                .in(folder.path));
  return out;
}

}  // namespace quern::models
