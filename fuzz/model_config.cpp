// config.json of a model folder: numbers that come out are in the ranges the maths relies on.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "formats/decoder_config.h"
#include "formats/encoder_config.h"
#include "formats/head_facts.h"
#include "formats/json_object.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::formats;
  const auto json =
      JsonObject::parse(std::string_view(reinterpret_cast<const char*>(data), n), "config.json");
  if (!json.ok()) return 0;
  const auto config = read_encoder_config(*json);
  if (config.ok()) {
    QUERN_CHECK(config->n_layers > 0 && config->n_vocab > 0 && config->d_ff > 0);
    QUERN_CHECK(config->d_model % config->n_heads == 0);
    QUERN_CHECK(config->n_types > 0 && config->n_types <= 256);
    QUERN_CHECK(config->norm_eps >= 0 && config->norm_eps <= 1);
  }
  const auto decoder = decoder_config_from_json(*json);
  if (decoder.ok()) {
    QUERN_CHECK(decoder->n_heads % decoder->n_kv_heads == 0 && decoder->d_head > 0);
    QUERN_CHECK(decoder->windows.size() == static_cast<std::size_t>(decoder->n_layers));
    for (const float factor : decoder->rope.factors) QUERN_CHECK(factor > 0);
  }
  const auto head = read_head(*json, /*d_model=*/32);
  if (head.ok()) {
    QUERN_CHECK(head->n_values > 0);
    QUERN_CHECK((head->output == OutputKind::kLogits) == !head->labels.empty());
  }
  return 0;
}
