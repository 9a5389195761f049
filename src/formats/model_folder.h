// A Hugging Face / sentence-transformers model folder, read into plain data: config.json,
// tokenizer.json or vocab.txt (+ tokenizer_config.json), modules.json, pooling,
// sentence_bert_config.json, config_sentence_transformers.json. Weights are not touched.

#pragma once

#include <map>
#include <string>

#include "base/status.h"
#include "formats/encoder_config.h"
#include "formats/head_facts.h"
#include "text/tokenizer_spec.h"

namespace quern::formats {

struct ModelFolder {
  std::string path;  // The folder, absolute.
  std::string name;  // Last part of the path, for people.
  EncoderConfig config;
  HeadFacts head;

  // Of embedders.
  std::map<std::string, std::string> prompts;  // By name, from config_sentence_transformers.json.
  std::string default_prompt;                  // Text, "" if none.

  // sentence_bert_config.json's limit, else tokenizer_config.json's; n_positions at most.
  int max_tokens = 0;
};

/// Errors: kNotFound (no config.json, no tokenizer), kBadInput (which file, which field, got,
/// wanted), kUnsupported (model_type, position_embedding_type, head, pooling mode; known ones
/// listed).
Result<ModelFolder> read_model_folder(const std::string& path);

/// The tokenizer of a folder (tokenizer.json first, else a .gguf file, else vocab.txt) or of a
/// .gguf file, which need hold nothing but a vocabulary. Apart from read_model_folder because it is
/// the larger part.
Result<text::TokenizerSpec> read_tokenizer(const std::string& path);

}  // namespace quern::formats
