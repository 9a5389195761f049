// Who writes answers: a generator of this machine, or any server that speaks OpenAI's chat API.

#pragma once

#include <string>

#include "apps/papers/paper_answer.h"
#include "base/status.h"
#include "engine/engine.h"

namespace CLI {
class App;
}

namespace quern::cli {

struct WriterFlags {
  std::string writer;  // --writer: a model, or a URL; "": nobody writes.
  std::string model;   // --writer-model: of a URL.
  std::string key;     // --writer-key, else OPENAI_API_KEY.
  std::string stages;  // --writer-stages: "lite", "full"; "": as whoever writes is.
  int seconds = 120;   // --writer-timeout
};

void add_writer_flags(CLI::App& command, WriterFlags& flags);

/// Empty where nobody is to write. It may be asked from any threads; a URL's server is asked as
/// many things at once as whoever asks has threads. The engine outlives it. Errors: kNotFound or
/// kBadInput for a model that is not there or has no chat template; kBadInput for a URL without
/// --writer-model.
Result<apps::ReportWriter> open_writer(engine::Engine& engine, const WriterFlags& flags);

/// The reply in a chat completion. Errors: kBadInput naming what is missing; kUnavailable with what
/// the server said.
Result<std::string> reply_of_completion(int status, const std::string& body);

/// Where a server's completions are: "http://h:1/v1" and "http://h:1" have the same.
std::string completions_url(const std::string& base);

}  // namespace quern::cli
