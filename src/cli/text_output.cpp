#include "cli/text_output.h"

#include <cerrno>
#include <chrono>
#include <future>
#include <utility>

#include <unistd.h>

#include "base/mapped_file.h"
#include "cli/interrupt.h"

namespace quern::cli {

void TextOutput::write(std::string_view text) {
  while (!text.empty() && status_.ok()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      status_ = {Code::kIo, "cannot write to standard output: " + errno_text(errno)};
    }
  }
}

engine::GenerateResult generate_to(engine::Engine& engine, engine::GenerateRequest request,
                                   TextOutput& out) {
  using std::chrono::milliseconds;
  watch_interrupts();
  std::promise<engine::GenerateResult> promise;
  std::future<engine::GenerateResult> result = promise.get_future();
  std::atomic<bool> broken{false};
  const auto ticket = engine.generate(
      std::move(request),
      [&](const engine::GenerateDelta& delta) {
        out.write(delta.text);
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

}  // namespace quern::cli
