#include "engine/task_check.h"

#include <fmt/format.h>

#include "engine/scoring/zero_shot.h"

namespace quern::engine {

using formats::Task;

Status check_task(const std::string& model, Task does, std::span<const std::string> labels,
                  formats::Scale scale, Task wanted) {
  if (wanted == Task::kRerank && scale == formats::Scale::kMaxSim) return {};
  const bool needs_classifier = wanted == Task::kRerank || wanted == Task::kZeroShot;
  if (does != (needs_classifier ? Task::kClassify : wanted)) {
    return {Code::kBadInput,
            fmt::format("model '{}' {}, want one that {}", model, formats::what_it_does(does),
                        formats::what_it_does(wanted))};
  }
  if (wanted == Task::kRerank && labels.size() != 1) {
    return {Code::kBadInput, fmt::format("model '{}' has {} labels, want one that {}: with a "
                                         "single label",
                                         model, labels.size(), formats::what_it_does(wanted))};
  }
  if (wanted == Task::kZeroShot) {
    return find_entailment(labels).status().in(fmt::format("model '{}'", model));
  }
  return {};
}

}  // namespace quern::engine
