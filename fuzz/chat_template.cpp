// Hostile templates and messages: whatever they hold, they end within the limits. The input is a
// template and, behind a zero byte, the messages as JSON.

#include "text/chat_template.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "jinja/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n_bytes) {
  namespace jinja = quern::jinja;
  constexpr std::string_view kMessages =
      R"([{"role": "user", "content": " a 漢\n"}, {"role": "assistant", "content": [1, 2.5, true]}])";
  const std::string_view all(reinterpret_cast<const char*>(data), n_bytes);
  const std::size_t zero = all.find('\0');
  const auto made = quern::text::ChatTemplate::parse(all.substr(0, zero));
  const bool has_messages = zero != std::string_view::npos;
  const auto messages = jinja::value_from_json(has_messages ? all.substr(zero + 1) : kMessages);
  if (!made.ok() || !messages.ok()) return 0;
  quern::text::ChatInput input;
  input.messages = *messages;
  input.bos_token = "<s>";
  input.now = 1;
  const auto text = made->render(input, {.max_steps = 20'000, .max_text_bytes = 1 << 16});
  QUERN_CHECK(!text.ok() || text->bytes.size() <= 1u << 16);
  return 0;
}
