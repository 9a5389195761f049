// The GGUF reader: any bytes give metadata and tensors inside those bytes, or an error.

#include "formats/gguf/gguf.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "formats/decoder_config.h"
#include "formats/gguf/gguf_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::formats;
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), n);
  const auto contents = parse_gguf(file);
  if (!contents.ok()) return 0;
  for (const auto& [name, tensor] : contents->tensors) {
    QUERN_CHECK(!tensor.shape.empty() && tensor.bytes.empty() != tensor.problem.ok());
    if (!tensor.problem.ok()) continue;
    QUERN_CHECK(tensor.bytes.data() >= file.data());
    QUERN_CHECK(tensor.bytes.data() + tensor.bytes.size() <= file.data() + file.size());
  }
  for (const auto& [key, value] : contents->metadata.all()) {
    if (const auto* array = std::get_if<GgufArray>(&value)) {
      QUERN_CHECK(gguf_elements(*array).size() == array->n);
      QUERN_CHECK(contents->metadata.integers(key).ok() || array->type >= GgufType::kF32);
    }
    QUERN_CHECK(!gguf_value_text(value).empty());
  }
  const auto spec = tokenizer_from_gguf(contents->metadata);
  if (spec.ok()) {
    const auto n_vocab = static_cast<quern::text::TokenId>(spec->vocab.size());
    QUERN_CHECK(n_vocab > 0 && spec->unk_id < n_vocab);
    for (const auto& token : spec->added) QUERN_CHECK(token.id >= 0 && token.id < n_vocab);
    for (const auto& piece : spec->single) QUERN_CHECK(piece.id >= 0 && piece.id < n_vocab);
    QUERN_CHECK(spec->scores.empty() || spec->scores.size() == spec->vocab.size());
  }
  const auto config = decoder_config_from_gguf(contents->metadata, contents->tensors);
  if (config.ok()) {
    QUERN_CHECK(config->n_heads % config->n_kv_heads == 0 && config->d_head > 0);
    QUERN_CHECK(config->windows.size() == static_cast<std::size_t>(config->n_layers));
    QUERN_CHECK(config->rope.n_dims % 2 == 0 && config->rope.n_dims <= config->d_head);
  }
  return 0;
}
