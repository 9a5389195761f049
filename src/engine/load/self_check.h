// What a model's files leave out, or say in two ways: the settings that give wrong vectors and
// wrong labels without an error. What cannot be right is refused where it is read (formats/,
// models/); what may be right is told here, once, in the log and by `quern models info`.

#pragma once

#include <string>
#include <vector>

#include "formats/decoder_model.h"
#include "formats/model_folder.h"
#include "hub/known_facts.h"
#include "text/tokenizer.h"

namespace quern::engine {

/// One sentence each: what is said or missing, and what is done.
std::vector<std::string> self_check(const formats::ModelFolder& folder,
                                    const text::TextEncoder& encoder, const hub::KnownFacts& known);

std::vector<std::string> self_check(const formats::DecoderModel& model);

}  // namespace quern::engine
