// How an encoder's tokens know their places: learned tables, ropes, windows.
// Source: huggingface/transformers configuration_*.py of each family; nomic-ai's
// configuration_hf_nomic_bert.py; Alibaba-NLP's configuration.py of "new".

#pragma once

#include "formats/encoder_config.h"

namespace quern::formats {

class JsonObject;  // formats/json_object.h

/// Positions, ropes and windows; the sizes and the family are there already.
/// Errors: kBadInput; kUnsupported for other kinds of positions and of rope scaling.
Status read_encoder_positions(const JsonObject& config, EncoderConfig& out);

}  // namespace quern::formats
