#include "apps/papers/report_writer.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>

#include "base/utf8.h"

namespace quern::apps {

ModelExchange ask_writer(const ReportWriter& writer, const WriterPrompt& prompt) {
  const Result<std::string> reply = writer.ask(prompt);
  return {.system = prompt.system,
          .prompt = prompt.user,
          .reply = reply.ok() ? *reply : "",
          .error = reply.status().message()};
}

// The threads wait for somebody else's machine, or for the engine's threads: they compute nothing.
std::vector<ModelExchange> ask_writer_of_all(const ReportWriter& writer,
                                             std::span<const WriterPrompt> prompts,
                                             int most_at_once) {
  std::vector<ModelExchange> out(prompts.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < prompts.size(); i = next++) {
      out[i] = ask_writer(writer, prompts[i]);
    }
  };
  const int n_at_once = std::max(1, std::min(most_at_once, writer.n_at_once));
  const std::size_t n_threads = std::min(static_cast<std::size_t>(n_at_once), prompts.size());
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < n_threads; ++i) threads.emplace_back(work);
  work();
  threads.clear();
  return out;
}

std::string harmless(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[') {
      out += '(';
    } else if (c == ']') {
      out += ')';
    } else {
      out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return out;
}

std::string begin_of(std::string_view text, std::size_t most_bytes) {
  if (text.size() <= most_bytes) return std::string(text);
  std::size_t end = most_bytes;
  while (end > 0 && is_continuation_byte(text[end])) --end;
  return std::string(text.substr(0, end));
}

std::string without_thinking(std::string_view reply) {
  std::string out(reply);
  while (true) {
    const std::size_t begin = out.find("<think>");
    if (begin == std::string::npos) return out;
    const std::size_t end = out.find("</think>", begin);
    out.erase(begin, end == std::string::npos ? std::string::npos : end + 8 - begin);
  }
}

}  // namespace quern::apps
