// Whether a model can do what is asked of it.

#pragma once

#include <span>
#include <string>

#include "base/status.h"
#include "formats/head_facts.h"

namespace quern::engine {

/// `does`: the model's own task; `labels`: those of a classifier; `scale`: that of its scores,
/// which tells late interaction. Errors: kBadInput saying what the model does, and what was wanted.
Status check_task(const std::string& model, formats::Task does, std::span<const std::string> labels,
                  formats::Scale scale, formats::Task wanted);

}  // namespace quern::engine
