// What sentence-transformers adds to a model folder: the chain of modules, pooling, prompts,
// truncation.
// Source: UKPLab/sentence-transformers, base/model.py and modules/pooling.py.

#pragma once

#include <string>

#include "formats/model_folder.h"

namespace quern::formats {

/// Sets the head's poolings, modules, n_values and truncate_to, prompts and default_prompt of `out`
/// (its path, config and head are there). A chain that gives no vector sets the head's output
/// alone. A folder without modules.json keeps the head's own pooling and modules.
Status read_sentence_modules(ModelFolder& out);

}  // namespace quern::formats
