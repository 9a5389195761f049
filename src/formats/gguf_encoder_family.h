// The encoder families that GGUF files hold: what general.architecture calls them, what each one
// fixes, and what the converter calls their tensors. Source: llama.cpp, gguf-py/gguf/constants.py
// and src/llama-model.cpp.

#pragma once

#include <string>
#include <string_view>

#include "formats/encoder_family.h"

namespace quern::formats {

struct GgufEncoderFamily {
  const char* architecture;
  EncoderFamily family;  // Its keys are those of a config.json, and not read.
};

/// nullptr if there is none.
const GgufEncoderFamily* find_gguf_encoder_family(std::string_view architecture);

/// "bert, nomic-bert": for messages.
std::string gguf_encoder_family_names();

}  // namespace quern::formats
