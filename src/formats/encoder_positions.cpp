#include "formats/encoder_positions.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "formats/json_object.h"

namespace quern::formats {
namespace {

constexpr int kMaxPositions = 1 << 20;
constexpr int kFewestPositions = 3;
constexpr double kMaxBase = 1e12;

/// Positions of a table that count from behind the padding token's row.
Status read_behind_pad(const JsonObject& config, EncoderConfig& out) {
  QUERN_ASSIGN(out.pad_id,
               config.integer_or("pad_token_id", 0, out.n_vocab - 1, out.names->default_pad_id));
  out.first_position = out.pad_id + 1;
  out.n_positions -= out.first_position;
  if (out.n_positions >= kFewestPositions) return {};
  return config.wrong("max_position_embeddings",
                      fmt::format("at least {}, as positions begin at {}",
                                  out.first_position + kFewestPositions, out.first_position));
}

/// An object of the config, or an empty one.
Result<JsonObject> part(const JsonObject& config, const char* key) {
  if (!config.has(key)) return JsonObject(nlohmann::json::object(), config.label());
  return config.object(key);
}

/// The rope of one kind of layer: `kind` is its name in rope_parameters, where there are several.
Result<Rope> read_rope(const JsonObject& config, const char* base_key, const char* kind,
                       double default_base, int d_head) {
  QUERN_ASSIGN(const JsonObject all, part(config, "rope_parameters"));
  QUERN_ASSIGN(const JsonObject own, all.has(kind) ? all.object(kind) : Result<JsonObject>(all));
  Rope rope;
  rope.n_dims = d_head;
  const JsonObject& from = config.has(base_key) ? config : own;
  const char* key = config.has(base_key) ? base_key : "rope_theta";
  QUERN_ASSIGN(rope.base, from.number_or(key, 1, kMaxBase, default_base));
  // The old spelling of a scaling, or the new one; neither but "ntk" is met in encoders.
  QUERN_ASSIGN(const JsonObject old, part(config, "rope_scaling"));
  const JsonObject& scaling = config.has("rope_scaling") ? old : own;
  const char* type_key = scaling.has("rope_type") ? "rope_type" : "type";
  QUERN_ASSIGN(const std::string type, scaling.string_or(type_key, "default"));
  if (type == "default") return rope;
  if (type != "ntk") return scaling.unsupported(type_key, "default or ntk");
  QUERN_ASSIGN(const double factor, scaling.number_or("factor", 1, 1e6, 1));
  rope.base *= factor;
  rope.factors.assign(static_cast<std::size_t>(d_head / 2),
                      static_cast<float>(std::pow(factor, 2.0 / d_head)));
  return rope;
}

/// Layers that see a window: as layer_types says, else all but every n-th.
Status read_windows(const JsonObject& config, EncoderConfig& out) {
  QUERN_ASSIGN(const int width, config.integer_or("local_attention", 1, kMaxPositions, 128));
  QUERN_ASSIGN(const int every, config.integer_or("global_attn_every_n_layers", 1, 1 << 20, 3));
  QUERN_ASSIGN(const std::vector<std::string> types, config.strings("layer_types"));
  if (!types.empty() && types.size() != static_cast<std::size_t>(out.n_layers)) {
    return config.wrong("layer_types", fmt::format("{} of them", out.n_layers));
  }
  for (int i = 0; i < out.n_layers; ++i) {
    const bool sees_all =
        types.empty() ? i % every == 0 : types[static_cast<std::size_t>(i)] == "full_attention";
    // A window of 128 reaches 64 to each side.
    out.windows.push_back(sees_all ? 0 : width / 2 + 1);
  }
  QUERN_ASSIGN(out.window_rope,
               read_rope(config, "local_rope_theta", "sliding_attention", 10000, out.d_head));
  return {};
}

/// Texts beyond what NomicBERT was trained on turn by another base where a factor is given: they
/// are cut there instead.
Status read_trained_positions(const JsonObject& config, EncoderConfig& out) {
  if (!config.has("rotary_scaling_factor")) return {};
  QUERN_ASSIGN(const int trained,
               config.integer_or("max_trained_positions", kFewestPositions, kMaxPositions, 2048));
  out.n_positions = std::min(out.n_positions, trained);
  return {};
}

Status read_ropes(const JsonObject& config, EncoderConfig& out) {
  QUERN_ASSIGN(const double fraction, config.number_or("rotary_emb_fraction", 0, 1, 1));
  if (fraction != 1) return config.unsupported("rotary_emb_fraction", "1");
  if (config.has("rotary_emb_scale_base"))
    return config.unsupported("rotary_emb_scale_base", "null");
  if (out.d_head % 2 != 0) {
    return config.wrong(out.names->keys.n_heads[0], "heads of an even width, as they are turned");
  }
  const char* key = "rope_theta";
  for (const char* other : {"rotary_emb_base", "global_rope_theta"}) {
    if (config.has(other)) key = other;
  }
  QUERN_ASSIGN(out.rope,
               read_rope(config, key, "full_attention", out.names->default_rope_base, out.d_head));
  if (out.names->positions == Positions::kRopeInWindows) QUERN_TRY(read_windows(config, out));
  return read_trained_positions(config, out);
}

}  // namespace

Status read_encoder_positions(const JsonObject& config, EncoderConfig& out) {
  const EncoderFamily& family = *out.names;
  const char* key = spelling(config, family.keys.n_positions);
  if (family.default_n_positions > 0 && !config.has(key)) {
    out.n_positions = family.default_n_positions;
  } else {
    QUERN_ASSIGN(out.n_positions, config.integer(key, kFewestPositions, kMaxPositions));
  }
  const bool turns =
      family.positions == Positions::kRope || family.positions == Positions::kRopeInWindows;
  const char* want = "absolute";
  if (turns) want = "rope";
  if (family.distances == Distances::kAlibi) want = "alibi";
  QUERN_ASSIGN(const std::string kind, config.string_or("position_embedding_type", want));
  // Where there is a rope the key is often a leftover of the class that the config was copied from.
  if (kind != want && !(turns && kind == "absolute")) {
    return config.unsupported("position_embedding_type", want);
  }
  if (turns) return read_ropes(config, out);
  out.has_position_table = family.positions != Positions::kNone;
  if (family.distances == Distances::kDisentangled) {
    QUERN_ASSIGN(out.has_position_table, config.boolean_or("position_biased_input", true));
  }
  return family.positions == Positions::kBehindPad ? read_behind_pad(config, out) : Status();
}

}  // namespace quern::formats
