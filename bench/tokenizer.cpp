// Speed of a tokenizer on one thread, by that thread's processor time.
//
// usage: bench_tokenizer MODEL FILE [--chunk BYTES] [--repeat 5]
// MODEL: a folder or .gguf file. The text is cut at the line ends next to every --chunk bytes (0:
// not at all). Prints one JSON object: MB/s of the best of --repeat runs, the ids and their digest.
// bench/tokenizers_side_by_side.py runs other libraries on the same pieces.

#include "text/tokenizer.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/mapped_file.h"
#include "base/sha256.h"
#include "formats/model_folder.h"

namespace {

using namespace quern;

double thread_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

std::vector<std::string_view> pieces_of(std::string_view text, std::size_t chunk) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    std::size_t end = text.size();
    if (chunk > 0 && chunk < text.size()) end = text.find('\n', chunk - 1);
    end = end == std::string_view::npos ? text.size() : std::min(end + 1, text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

Status run(const std::string& model, const std::string& file, std::size_t chunk, int n_repeats) {
  QUERN_ASSIGN(const text::TokenizerSpec spec, formats::read_tokenizer(model));
  QUERN_ASSIGN(const auto tokenizer, text::make_tokenizer(spec));
  QUERN_ASSIGN(const std::string text, read_file(file, std::size_t{1} << 30));
  std::vector<text::TokenId> ids;
  double best = 1e9;
  for (int i = 0; i <= n_repeats; ++i) {
    ids.clear();
    const double start = thread_seconds();
    for (const std::string_view piece : pieces_of(text, chunk)) {
      tokenizer->encode(piece, text::Specials::kAsToken, ids);
    }
    best = std::min(best, thread_seconds() - start);
  }
  fmt::print("{{\"mb_per_s\":{:.2f},\"n_ids\":{},\"ids_sha256\":\"{}\"}}\n",
             static_cast<double>(text.size()) / best / 1e6, ids.size(),
             sha256_hex(std::as_bytes(std::span(ids))));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> names;
  std::size_t chunk = 0;
  int n_repeats = 5;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--chunk" && i + 1 < argc) {
      chunk = std::strtoull(argv[++i], nullptr, 10);
    } else if (flag == "--repeat" && i + 1 < argc) {
      n_repeats = std::atoi(argv[++i]);
    } else {
      names.emplace_back(flag);
    }
  }
  if (names.size() != 2) {
    fmt::print(stderr, "usage: bench_tokenizer MODEL FILE [--chunk BYTES] [--repeat 5]\n");
    return 2;
  }
  const Status status = run(names[0], names[1], chunk, n_repeats);
  if (!status.ok()) fmt::print(stderr, "{}\n", status.message());
  return status.ok() ? 0 : 1;
}
