// Hostile templates: whatever they hold, they end within the limits.

#include "text/chat_template.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n_bytes) {
  namespace jinja = quern::text::jinja;
  const std::string_view source(reinterpret_cast<const char*>(data), n_bytes);
  const auto made = quern::text::ChatTemplate::parse(source);
  if (!made.ok()) return 0;
  quern::text::ChatInput input;
  input.messages = jinja::make_list(
      {jinja::make_dict({{"role", "user"}, {"content", " a \u6F22\n"}}),
       jinja::make_dict({{"role", "assistant"}, {"content", jinja::make_list({1, 2.5, true})}})});
  input.now = 1;
  const auto text = made->render(input, {.max_steps = 20'000, .max_text_bytes = 1 << 16});
  QUERN_CHECK(!text.ok() || text->size() <= 1u << 16);
  return 0;
}
