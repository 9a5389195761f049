#include "formats/encoder_distances.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "formats/json_object.h"

namespace quern::formats {
namespace {

constexpr int kMaxBuckets = 4096;
constexpr int kFewestBuckets = 4;  // Half for each side, half of these one by one.

Status read_buckets(const JsonObject& config, EncoderConfig& out) {
  QUERN_ASSIGN(const int most, config.integer_or("relative_attention_max_distance", 1, 1 << 20,
                                                 kMaxBucketDistance));
  if (most != kMaxBucketDistance) {
    return config.unsupported("relative_attention_max_distance",
                              std::to_string(kMaxBucketDistance));
  }
  // MPNet's function that gives a distance its bucket knows 32 of them, whatever the table holds.
  QUERN_ASSIGN(out.n_buckets, config.integer_or("relative_attention_num_buckets", kFewestBuckets,
                                                kMaxBuckets, kDistanceBuckets));
  const bool ignores_more = out.names->positions != Positions::kNone;
  if (out.n_buckets == kDistanceBuckets) return {};
  if (out.n_buckets > kDistanceBuckets && ignores_more) return {};
  return config.unsupported("relative_attention_num_buckets", ignores_more ? "at least 32" : "32");
}

/// An array, or one string with bars between them.
Result<std::vector<std::string>> score_terms(const JsonObject& config) {
  if (!config.has("pos_att_type") || !config.at("pos_att_type").is_string()) {
    return config.strings("pos_att_type");
  }
  QUERN_ASSIGN(const std::string joined, config.string("pos_att_type"));
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= joined.size();) {
    const std::size_t end = std::min(joined.find('|', at), joined.size());
    if (end > at) out.push_back(joined.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

Status read_disentangled(const JsonObject& config, EncoderConfig& out) {
  Disentangled d;
  QUERN_ASSIGN(const std::vector<std::string> terms, score_terms(config));
  for (const std::string& term : terms) {
    if (term == "c2p") {
      d.to_keys = true;
    } else if (term == "p2c") {
      d.to_queries = true;
    } else {
      return config.unsupported("pos_att_type", "c2p and p2c");
    }
  }
  const int n_terms = 1 + (d.to_keys ? 1 : 0) + (d.to_queries ? 1 : 0);
  out.attn_scale = 1.0f / std::sqrt(static_cast<float>(out.d_head * n_terms));

  QUERN_ASSIGN(const bool is_relative, config.boolean_or("relative_attention", false));
  if (!is_relative || n_terms == 1) return {};
  constexpr int kMost = 1 << 16;
  QUERN_ASSIGN(d.max_distance, config.integer_or("max_relative_positions", -1, kMost, -1));
  if (d.max_distance < 1) d.max_distance = out.n_positions;
  QUERN_ASSIGN(d.n_buckets, config.integer_or("position_buckets", -1, kMost, -1));
  d.n_buckets = std::max(d.n_buckets, 0);
  if (d.n_buckets > 0 && (d.n_buckets < kFewestBuckets || d.n_buckets / 2 >= d.max_distance - 1)) {
    return config.wrong("position_buckets",
                        "at least 4 and less than twice max_relative_positions");
  }
  d.span = d.n_buckets > 0 ? d.n_buckets : d.max_distance;
  QUERN_ASSIGN(const bool shares, config.boolean_or("share_att_key", false));
  d.has_own_projections = !shares;
  QUERN_ASSIGN(const std::string norms, config.string_or("norm_rel_ebd", "none"));
  d.has_norm = norms.find("layer_norm") != std::string::npos;
  out.disentangled = d;
  return {};
}

}  // namespace

Status read_encoder_distances(const JsonObject& config, EncoderConfig& out) {
  switch (out.names->distances) {
    case Distances::kNone:
      return {};
    case Distances::kBuckets:
      return read_buckets(config, out);
    case Distances::kAlibi:
      out.has_alibi = true;
      return {};
    case Distances::kDisentangled:
      return read_disentangled(config, out);
  }
  return {};
}

}  // namespace quern::formats
