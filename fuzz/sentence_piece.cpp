// The reader of SentencePiece's model files, in both layouts: what it reads is run on a few texts.

#include "formats/tokenizer/sentence_piece.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "check_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string_view model(reinterpret_cast<const char*>(data), n);
  for (const char* file : {"spm.model", "sentencepiece.bpe.model"}) {
    const auto spec = quern::formats::parse_sentence_piece(model, file);
    if (spec.ok()) quern::fuzz::check_tokenizer(*spec);
  }
  return 0;
}
