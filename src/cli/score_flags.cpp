#include "cli/score_flags.h"

#include <CLI/CLI.hpp>

namespace quern::cli {

void add_scores_flag(CLI::App& command, std::string& scores) {
  command
      .add_option("--scores", scores,
                  "The scale of scores: raw, sigmoid or softmax\n(default: the model's own)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"raw", "sigmoid", "softmax"}));
}

std::optional<engine::Scale> wanted_scale(const std::string& scores) {
  for (const auto scale : {engine::Scale::kRaw, engine::Scale::kSigmoid, engine::Scale::kSoftmax}) {
    if (scores == engine::scale_name(scale)) return scale;
  }
  return {};
}

}  // namespace quern::cli
