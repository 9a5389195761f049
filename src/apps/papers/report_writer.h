// Who writes answers: what a generator is asked, what it said, and how many things it is asked at
// once.

#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace quern::apps {

/// What a generator is asked.
struct WriterPrompt {
  std::string system;
  std::string user;
  int max_tokens = 0;
  double temperature = 0;
  /// Asked while it is waited for, now and then: true ends the wait. May be empty.
  std::function<bool()> is_stopped = {};
};
/// Gives what it wrote. Errors: as whatever is asked has them, kCancelled where it was stopped;
/// they end no answer.
using AskModel = std::function<Result<std::string>(const WriterPrompt& prompt)>;

/// What of an answer a generator makes.
enum class WriterShare {
  kSections,  // It writes each section from its quotes, which are chosen by rule.
  kStages,    // It also reads the question, chooses the quotes and plans the sections.
};

struct ReportWriter {
  AskModel ask = {};  // Empty: nobody writes. From n_at_once threads.
  WriterShare share = WriterShare::kSections;
  int n_at_once = 1;       // Calls that it takes at a time.
  std::string name = {};   // No two that may write differently have the same,
  std::string model = {};  // but for this model of the engine's; "": it is none of the engine's.

  explicit operator bool() const { return static_cast<bool>(ask); }
};

/// What a model was asked, and what it said.
struct ModelExchange {
  std::string system;
  std::string prompt;
  std::string reply;       // "" where it failed:
  std::string error = {};  // why.
};

ModelExchange ask_writer(const ReportWriter& writer, const WriterPrompt& prompt);

/// [prompts], in their order, whoever is done first: the same as one after the other, for a writer
/// whose replies depend on nothing but the prompt. At most `most_at_once` and writer.n_at_once at a
/// time.
std::vector<ModelExchange> ask_writer_of_all(const ReportWriter& writer,
                                             std::span<const WriterPrompt> prompts,
                                             int most_at_once);

/// In one line, without brackets that could pass for numbers of quotes: what papers and people say
/// is data in a prompt.
std::string harmless(std::string_view text);

/// The first `most_bytes` of a text, or less where a character would be cut.
std::string begin_of(std::string_view text, std::size_t most_bytes);

/// Without what a model thinks before it answers (<think>...</think>).
std::string without_thinking(std::string_view reply);

}  // namespace quern::apps
