// A model that makes vectors or labels of texts, read into plain data: a Hugging Face /
// sentence-transformers folder (config.json, tokenizer.json or vocab.txt, tokenizer_config.json,
// modules.json and what it names, sentence_bert_config.json, config_sentence_transformers.json), or
// a GGUF file. Weights are not touched.

#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/status.h"
#include "formats/encoder_config.h"
#include "formats/head_facts.h"
#include "formats/pair_prompt.h"
#include "formats/weight_files.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

struct ModelFolder {
  // The folder, absolute, or the .gguf file: what TensorFiles::open and GgufFile::open take.
  std::string path;
  WeightFiles weights = WeightFiles::kSafetensors;
  std::string name;  // Last part of the path, for people.
  EncoderConfig config;
  std::optional<DecoderConfig> decoder = {};  // Whose network it is, where it is a decoder's.
  HeadFacts head;

  std::optional<PairPrompt> pair_prompt = {};  // Of a generating model that judges pairs.

  // Of embedders.
  std::map<std::string, std::string> prompts;  // By name, from config_sentence_transformers.json.
  std::string default_prompt;                  // Text, "" if none.

  // sentence_bert_config.json's limit, else tokenizer_config.json's; n_positions at most.
  int max_tokens = 0;
};

/// `path`: a folder, or a .gguf file or a folder that holds one. `pooling`: in place of what the
/// files say; a GGUF file may say nothing.
///
/// Errors: kNotFound (no config.json, no tokenizer), kBadInput (which file, which field, got,
/// wanted), kUnsupported (model_type, position_embedding_type, head, module; known ones listed; no
/// pooling at all).
Result<ModelFolder> read_model_folder(const std::string& path, std::optional<Pooling> pooling = {});

/// The tokenizer of a folder (tokenizer.json first, else a .gguf file, else vocab.txt) or of a
/// .gguf file, which need hold nothing but a vocabulary. Apart from read_model_folder because it is
/// the larger part.
Result<text::TokenizerSpec> read_tokenizer(const std::string& path);

}  // namespace quern::formats
