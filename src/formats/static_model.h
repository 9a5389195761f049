// Model2Vec: a table of one row per token and nothing else. As an encoder it has no layers.
// Source: MinishLab/model2vec, model.py and persistence/.

#pragma once

#include <string>

#include "formats/model_folder.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

/// By its config.json.
bool is_static_model(const JsonObject& config);

/// Sizes from the table's header in `out.path`, the limit, the mean of the rows and whether it has
/// length 1 from the config.
/// Errors: kNotFound, kBadInput; kUnsupported for quantised vocabularies, classifiers and other
///   poolings.
Status read_static_model(const JsonObject& config, ModelFolder& out);

/// No template, and no unknown tokens.
void apply_static_rules(text::TokenizerSpec& spec);

}  // namespace quern::formats
