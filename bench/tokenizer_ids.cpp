// The ids of many texts, for comparison with other libraries: tools/fuzz_tokenizers.py.
//
// usage: bench_tokenizer_ids MODEL [--as-text] < TEXTS > IDS
// MODEL: a folder or .gguf file. A text is its length in bytes (u32, little endian) and its bytes;
// its ids come back as their number and themselves (i32), without those of a template. --as-text:
// what spells a special token is text.

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "formats/model_folder.h"
#include "text/tokenizer.h"

namespace {

using namespace quern;

bool read_text(std::string& out) {
  std::uint32_t n_bytes = 0;
  if (std::fread(&n_bytes, sizeof n_bytes, 1, stdin) != 1) return false;
  out.resize(n_bytes);
  return std::fread(out.data(), 1, n_bytes, stdin) == n_bytes;
}

Status run(const std::string& model, text::Specials specials) {
  QUERN_ASSIGN(const text::TokenizerSpec spec, formats::read_tokenizer(model));
  QUERN_ASSIGN(const auto tokenizer, text::make_tokenizer(spec));
  std::vector<text::TokenId> ids;
  for (std::string text; read_text(text);) {
    ids.assign(1, 0);
    tokenizer->encode(text, specials, ids);
    ids.front() = static_cast<text::TokenId>(ids.size() - 1);
    if (std::fwrite(ids.data(), sizeof ids.front(), ids.size(), stdout) != ids.size()) {
      return {Code::kIo, "standard output cannot be written"};
    }
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const bool as_text = argc == 3 && std::string_view(argv[2]) == "--as-text";
  if (argc != 2 && !as_text) {
    fmt::print(stderr, "usage: bench_tokenizer_ids MODEL [--as-text] < TEXTS > IDS\n");
    return 2;
  }
  const Status status = run(argv[1], as_text ? text::Specials::kAsText : text::Specials::kAsToken);
  if (!status.ok()) fmt::print(stderr, "{}\n", status.message());
  return status.ok() ? 0 : 1;
}
