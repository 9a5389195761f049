#include "cli/text_output.h"

#include <atomic>
#include <chrono>
#include <future>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/mapped_file.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"

namespace quern::cli {

void TextOutput::write(std::string_view text) {
  if (!status_.ok()) return;
  if (const int error = write_fully(STDOUT_FILENO, text); error != 0) {
    status_ = {Code::kIo, "cannot write standard output: " + errno_text(error)};
  }
}

engine::GenerateResult generate_to(engine::Engine& engine, engine::GenerateRequest request,
                                   std::optional<int> limit, TextOutput& out, std::string* text) {
  using std::chrono::milliseconds;
  if (limit == 0) {
    engine::GenerateResult nothing;
    nothing.status = engine.decoder(request.model).status();
    nothing.finish = engine::FinishReason::kLength;
    return nothing;
  }
  request.max_tokens = limit.value_or(0);
  watch_interrupts();
  std::promise<engine::GenerateResult> promise;
  std::future<engine::GenerateResult> result = promise.get_future();
  std::atomic<bool> broken{false};
  const auto ticket = engine.generate(
      std::move(request),
      [&](const engine::GenerateDelta& delta) {
        out.write(delta.text);
        if (text != nullptr) *text += delta.text;
        broken = !out.status().ok();
      },
      [&](engine::GenerateResult r) { promise.set_value(std::move(r)); });
  bool cancelled = false;
  while (result.wait_for(milliseconds(50)) != std::future_status::ready) {
    if (cancelled || !(is_interrupted() || broken)) continue;
    ticket->cancel();
    cancelled = true;
  }
  return result.get();
}

std::string speed_line(const engine::GenerateResult& r) {
  std::string line = fmt::format("{} prompt tokens", r.n_prompt_tokens);
  const int n_computed = r.n_prompt_tokens - r.n_cached_tokens;
  if (r.n_cached_tokens > 0) line += fmt::format(" ({} cached)", r.n_cached_tokens);
  if (r.prompt_ms > 0) line += fmt::format(" at {:.0f}/s", n_computed / r.prompt_ms * 1e3);
  line += fmt::format(", {} generated", r.n_tokens);
  if (r.n_tokens > 1 && r.decode_ms > 0) {
    line += fmt::format(" at {:.1f}/s", (r.n_tokens - 1) / r.decode_ms * 1e3);
  }
  return line + (r.finish == engine::FinishReason::kLength ? ", ended by length" : "");
}

}  // namespace quern::cli
