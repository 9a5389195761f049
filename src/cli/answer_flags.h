// How questions to a library are answered: flags that asking and serving share.

#pragma once

#include <cstddef>
#include <string>

#include "apps/papers/answer_profile.h"
#include "base/status.h"
#include "cli/papers_writer.h"

namespace CLI {
class App;
}

namespace quern::cli {

struct AnswerFlags {
  std::string profile;  // "": as the environment says.
  std::string rerank;
  std::string nli;  // --check
  WriterFlags writer;
  std::string kept;  // --answer-cache
};

/// Adds --profile, --rerank, --check, --answer-cache and those of a writer.
void add_answer_flags(CLI::App& command, AnswerFlags& flags);

/// Errors: kBadInput for the flag, or naming the variable of the environment.
Result<apps::AnswerProfile> answer_profile(const AnswerFlags& flags);

/// What answers that are kept may take; 0: none is. Errors: kBadInput for the flag.
Result<std::size_t> answer_cache_bytes(const AnswerFlags& flags);

/// The entailment model: the flag's, or the usual one where it is installed; "": none.
std::string checking_model(const AnswerFlags& flags);

}  // namespace quern::cli
