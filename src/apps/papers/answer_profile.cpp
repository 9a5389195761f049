#include "apps/papers/answer_profile.h"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <fmt/format.h>

namespace quern::apps {
namespace {

// "0", "false", "no" and "" mean no.
bool is_set(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return false;
  const std::string_view text(value);
  return !text.empty() && text != "0" && text != "false" && text != "False" && text != "no";
}

Result<std::optional<int>> number_of(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::optional<int>();
  int number = 0;
  const auto read = std::from_chars(value, value + std::strlen(value), number);
  if (read.ec == std::errc() && *read.ptr == '\0' && number > 0) return std::optional(number);
  return {Code::kBadInput, fmt::format("{} is '{}', want a number above 0", name, value)};
}

}  // namespace

// The numbers of the write-up of the engine that this one replaces.
AnswerProfile default_profile() { return {.name = "default"}; }

Result<AnswerProfile> profile_named(std::string_view name) {
  if (name == "default") return default_profile();
  if (name == "gpu") {
    return AnswerProfile{.name = "gpu",
                         .n_retrieval = 128,
                         .n_keyword = 10,
                         .n_rerank = 50,
                         .context_threshold = 0.2,
                         .max_tokens = 2048,
                         .temperature = 0.1};
  }
  if (name == "fast") {
    return AnswerProfile{.name = "fast",
                         .n_retrieval = 50,
                         .n_keyword = 5,
                         .n_rerank = 30,
                         .context_threshold = 0.3,
                         .max_tokens = 1024,
                         .temperature = 0.3,
                         .batch_workers = 10};
  }
  return {Code::kBadInput, fmt::format("no profile '{}': there are gpu, fast and default", name)};
}

Result<AnswerProfile> profile_of_environment() {
  const char* const name = is_set("ASTA_GPU_PROFILE") || is_set("GPU_ENABLED") ? "gpu"
                           : is_set("FAST_PROFILE")                            ? "fast"
                                                                               : "default";
  QUERN_ASSIGN(AnswerProfile profile, profile_named(name));
  QUERN_ASSIGN(const std::optional<int> workers, number_of("MAX_WORKERS"));
  if (workers) profile.batch_workers = *workers;
  // Batches are planned here; the number is checked for whoever still sets it.
  QUERN_TRY(number_of("BATCH_SIZE").status());
  return profile;
}

}  // namespace quern::apps
