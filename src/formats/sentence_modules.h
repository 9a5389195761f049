// What sentence-transformers adds to a model folder: the chain of modules, pooling, prompts.
// Source: UKPLab/sentence-transformers, base/model.py and modules/pooling.py.

#pragma once

#include <string>

#include "formats/model_folder.h"

namespace quern::formats {

/// Sets pooling, normalize, prompts and default_prompt of `out` (its path and config are there).
/// A folder without modules.json gets mean pooling and normalised vectors.
Status read_sentence_modules(ModelFolder& out);

}  // namespace quern::formats
