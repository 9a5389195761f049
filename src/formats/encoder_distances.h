// What an encoder's attention scores know of how far a key lies from its query: buckets of
// distances, ALiBi, disentangled attention.
// Source: huggingface/transformers modeling_mpnet.py, modeling_deberta_v2.py; jinaai's
// modeling_bert.py.

#pragma once

#include "formats/encoder_config.h"

namespace quern::formats {

class JsonObject;  // formats/json_object.h

/// Sizes, positions and the family are there already; the scale of the scores may change.
/// Errors: kBadInput; kUnsupported for kinds of scores that are not here.
Status read_encoder_distances(const JsonObject& config, EncoderConfig& out);

}  // namespace quern::formats
