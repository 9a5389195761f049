// Flags of everything that generates text: length, sampling, stop strings, context.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "engine/generate/generation.h"

namespace CLI {
class App;
}  // namespace CLI

namespace quern::cli {

struct SamplingFlags {
  engine::Sampling sampling;
  std::optional<int> max_tokens;  // Without: what the context leaves.
  std::optional<std::uint64_t> seed;
  std::vector<std::string> stop;
  std::string context = "refuse";  // Or "slide".
  int n_kept = 0;
};

void add_sampling_flags(CLI::App& command, SamplingFlags& flags);

/// A request with everything but the prompt and the limit. Without --seed every run draws anew.
engine::GenerateRequest request_of(const std::string& model, const SamplingFlags& flags);

}  // namespace quern::cli
