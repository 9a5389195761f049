// Runs a fuzz target without libFuzzer: every file of the corpus, then a fixed set of mutations of
// each (bit flips, cuts, copies, swapped numbers). The same inputs in every run, so a failure can
// be run again.
//
// usage: fuzz_NAME CORPUS_FOLDER [MUTATIONS_PER_FILE]

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n);

namespace {

constexpr int kMutationsPerFile = 2000;
constexpr std::size_t kMaxMutatedBytes = 1 << 20;

// What is running, for the message of a crash.
std::string current_file;
int current_mutation = 0;

extern "C" void say_what_was_running(int signal_number) {
  std::fprintf(stderr, "fuzz: failed in %s, mutation %d\n", current_file.c_str(), current_mutation);
  std::signal(signal_number, SIG_DFL);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  // Source: splitmix64, Steele et al. 2014.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return n == 0 ? 0 : next() % n; }

 private:
  std::uint64_t state_;
};

// Where formats break: borders of counts, offsets and nesting.
constexpr std::string_view kPieces[] = {"-1",
                                        "0",
                                        "18446744073709551615",
                                        "9223372036854775808",
                                        "1e999",
                                        "null",
                                        "\"",
                                        "[[[[[[[[",
                                        "{\"a\":",
                                        "\\ud800",
                                        "\xff\xfe",
                                        std::string_view("\0\0\0\0\0\0\0\0", 8),
                                        "\xff\xff\xff\xff\xff\xff\xff\x7f",
                                        "\r\n\r\n",
                                        "{{",
                                        "{%",
                                        "%}",
                                        "\xf0\x9f\x98\x80"};

void mutate_once(std::string& bytes, Random& random) {
  const std::size_t at = random.below(bytes.size());
  const std::size_t n = std::min(bytes.size() - at, 1 + random.below(64));
  switch (random.below(7)) {
    case 0:
      if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
      break;
    case 1:
      if (!bytes.empty()) bytes[at] = static_cast<char>(random.next());
      break;
    case 2:
      bytes.resize(at);
      break;
    case 3:
      bytes.erase(at, n);
      break;
    case 4:
      if (bytes.size() < kMaxMutatedBytes) bytes.insert(at, bytes.substr(random.below(at + 1), n));
      break;
    case 5:
      bytes.insert(at, kPieces[random.below(std::size(kPieces))]);
      break;
    default:
      const std::string_view piece = kPieces[random.below(std::size(kPieces))];
      bytes.replace(at, std::min(piece.size(), bytes.size() - at), piece);
  }
}

void run(const std::string& bytes) {
  // A copy of exactly this size, so that the address sanitizer sees a read past its end.
  const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

void replay(const std::filesystem::path& path, int n_mutations) {
  std::ifstream stream(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  current_file = path.string();
  current_mutation = 0;
  run(bytes);
  for (int i = 1; i <= n_mutations; ++i) {
    current_mutation = i;
    Random random(static_cast<std::uint64_t>(i));
    std::string mutated = bytes;
    for (std::size_t k = 1 + random.below(4); k > 0; --k) mutate_once(mutated, random);
    run(mutated);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER [MUTATIONS_PER_FILE]\n", argv[0]);
    return 2;
  }
  std::signal(SIGABRT, say_what_was_running);
  const int n_mutations = argc > 2 ? std::atoi(argv[2]) : kMutationsPerFile;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  if (files.empty()) {
    std::fprintf(stderr, "fuzz: no files in %s\n", argv[1]);
    return 1;
  }
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) replay(file, n_mutations);
  std::printf("fuzz: %zu files, %d mutations of each\n", files.size(), n_mutations);
  return 0;
}
