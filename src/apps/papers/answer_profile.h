// How much work an answer takes: named sets of numbers, after the engine that this one replaces.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::apps {

struct AnswerProfile {
  std::string name;
  std::uint32_t n_retrieval = 80;  // Passages that are found,
  std::uint32_t n_keyword = 8;     // and papers besides, by all that they say.
  std::uint32_t n_rerank = 100;    // Of those passages, where there is a reranker.
  double context_threshold = 0.2;  // Papers with a lower score, 0 to 1, are left out.
  int max_tokens = 2048;           // Of what a generator writes in all,
  double temperature = 0.2;        // likewise.
  int batch_workers = 15;          // Requests to an endpoint at once.
  double alpha = 0.7;              // The vectors' weight among passages; words have the rest.
  std::size_t n_sources = 10;      // Papers that are cited, at most.
};

AnswerProfile default_profile();

/// "gpu", "fast", "default". Errors: kBadInput naming these.
Result<AnswerProfile> profile_named(std::string_view name);

/// What the environment says, in the names of the engine that this one replaces:
/// ASTA_GPU_PROFILE=1 or GPU_ENABLED=1 is "gpu", FAST_PROFILE=1 is "fast"; MAX_WORKERS is
/// batch_workers. BATCH_SIZE must be a number and changes nothing: batches are planned here.
/// Errors: kBadInput naming the variable.
Result<AnswerProfile> profile_of_environment();

}  // namespace quern::apps
