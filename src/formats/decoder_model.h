// A generating model: a GGUF file, or a Hugging Face folder with a decoder's config.json. Facts
// only; weights are not touched (but for small vectors of rope factors).

#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "formats/decoder_config.h"
#include "formats/weight_files.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

struct DecoderModel {
  std::string path;  // The .gguf file, or the folder: what GgufFile::open, TensorFiles::open take.
  std::string name;  // For people.
  WeightFiles weights = WeightFiles::kGguf;
  DecoderConfig config;

  std::string chat_template;  // Jinja, "" if there is none.
  std::string bos_token;      // As the template spells them; "" if there is none.
  std::string eos_token;
  // Each of them ends an answer. Ascending. Of a folder complete only after add_tokenizer_ends.
  std::vector<text::TokenId> end_ids;
};

/// `path`: a .gguf file, a folder that holds one (the first part of a split one), or a safetensors
/// folder. Errors: kNotFound, kBadInput and kUnsupported naming file and field.
Result<DecoderModel> read_decoder(const std::string& path);

/// Adds the ends that a folder's tokenizer knows to `out.end_ids`: the eos_token of its
/// tokenizer_config.json, and added tokens that end turns in the usual templates. A .gguf file
/// names ids only, and has them all from read_decoder.
void add_tokenizer_ends(const text::TokenizerSpec& tokenizer, DecoderModel& out);

/// The .gguf file that `path` is or holds; "" if it is something else.
/// Errors: kBadInput when a folder holds several.
Result<std::string> find_gguf(const std::string& path);

}  // namespace quern::formats
