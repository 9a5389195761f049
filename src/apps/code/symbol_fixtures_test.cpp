// Every language's fixture and the symbols that it is to give: tests/data/code/FILE beside
// FILE.symbols, a line each: kind, path, first and last line, line of the name, signature.
// QUERN_WRITE_GOLDEN=1 writes them anew, for a person to read.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "apps/code/chunker.h"
#include "apps/code/grammars.h"
#include "apps/code/installed_grammars.h"
#include "apps/code/text_measure.h"

namespace quern::apps {
namespace {

const std::string kFixtures = QUERN_SOURCE_DIR "/tests/data/code";

std::string read_fixture(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> fixture_paths() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(kFixtures)) {
    if (entry.path().extension() != ".symbols") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Fixtures are named sample.LANGUAGE.EXTENSION.
std::string language_of_fixture(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  const std::size_t begin = name.find('.') + 1;
  return name.substr(begin, name.find('.', begin) - begin);
}

std::string shown(const ChunkedCode& code) {
  std::string out;
  for (const Symbol& symbol : code.symbols) {
    out +=
        fmt::format("{} {} {}-{} {} | {}\n", symbol_kind_name(symbol.kind), symbol.path,
                    symbol.span.first_line, symbol.span.last_line, symbol.line, symbol.signature);
  }
  return out;
}

std::unique_ptr<Chunker> chunker_with(const std::string& grammars, CutSizes sizes = {}) {
  Result<std::unique_ptr<Chunker>> made =
      Chunker::create({.grammars_folder = grammars,
                       .program = QUERN_CHUNK_WORKER,
                       .arguments = {},
                       .child_bytes = 0,  // Sanitizers take more than any limit leaves.
                       .sizes = sizes});
  EXPECT_TRUE(made.ok());
  return std::move(*made);
}

TEST(symbol_fixtures, every_language_gives_its_symbols_and_their_ranges) {
  const std::string grammars = installed_grammars();
  if (grammars.empty()) GTEST_SKIP() << "no grammars: tools/get_grammars.sh fetches them";
  const std::unique_ptr<Chunker> chunker = chunker_with(grammars);
  for (const std::string& path : fixture_paths()) {
    SCOPED_TRACE(path);
    const std::string text = read_fixture(path);
    const ChunkedCode code = chunker->chunk(language_of_fixture(path), text);
    EXPECT_EQ(code.note, "");
    EXPECT_TRUE(code.by_syntax);
    if (std::getenv("QUERN_WRITE_GOLDEN") != nullptr) {
      std::ofstream(path + ".symbols") << shown(code);
    }
    EXPECT_EQ(shown(code), read_fixture(path + ".symbols"));
    for (const Symbol& symbol : code.symbols) {
      EXPECT_LE(symbol.span.begin, symbol.name_begin) << symbol.path;
      EXPECT_LT(symbol.name_begin, symbol.span.end) << symbol.path;
    }
  }
}

TEST(symbol_fixtures, every_grammar_has_a_fixture) {
  std::map<std::string, int> n_of;
  for (const std::string& path : fixture_paths()) ++n_of[language_of_fixture(path)];
  for (const std::string_view language : grammar_languages()) {
    EXPECT_GE(n_of[std::string(language)], 1) << language;
  }
}

void expect_covered(const std::string& text, const ChunkedCode& code, int max_chars) {
  const TextMeasure measure(text);
  std::size_t at = 0;
  for (const CodeChunk& chunk : code.chunks) {
    ASSERT_LE(at, chunk.span.begin);
    EXPECT_EQ(measure.n_chars(at, chunk.span.begin), 0);
    EXPECT_LE(measure.n_chars(chunk.span.begin, chunk.span.end), max_chars);
    EXPECT_EQ(measure.trimmed(chunk.span.begin, chunk.span.end), chunk.span);
    at = chunk.span.end;
  }
  EXPECT_EQ(measure.n_chars(at, text.size()), 0);
}

// At every size: pieces are in order, hold all that is not blank, and are no larger than allowed.
TEST(symbol_fixtures, pieces_of_every_size_cover_the_fixtures) {
  const std::string grammars = installed_grammars();
  if (grammars.empty()) GTEST_SKIP() << "no grammars: tools/get_grammars.sh fetches them";
  for (const int max_chars : {16, 40, 100, 300, 1500}) {
    const std::unique_ptr<Chunker> chunker =
        chunker_with(grammars, {.max_chars = max_chars, .alone_chars = 60, .tiny_chars = 20});
    for (const std::string& path : fixture_paths()) {
      SCOPED_TRACE(path);
      const std::string text = read_fixture(path);
      const ChunkedCode code = chunker->chunk(language_of_fixture(path), text);
      EXPECT_TRUE(code.by_syntax) << code.note;
      expect_covered(text, code, max_chars);
    }
  }
}

// Bytes changed, taken out and put in: what a file is like while somebody writes it, and worse.
std::string broken(std::string text, std::mt19937& random) {
  constexpr std::string_view kParts[] = {"{", "}", "(", "\"", "\n", "class ", "::", "/*", "\xFF"};
  const int n_changes = 1 + static_cast<int>(random() % 8);
  for (int i = 0; i < n_changes; ++i) {
    const std::size_t at = random() % (text.size() + 1);
    switch (random() % 3) {
      case 0:
        text.insert(at, kParts[random() % std::size(kParts)]);
        break;
      case 1:
        text.erase(at, random() % 30);
        break;
      default:
        text.insert(at, text.substr(random() % (text.size() + 1), random() % 60));
    }
  }
  return text;
}

TEST(symbol_fixtures, broken_code_of_every_language_is_still_cut_by_syntax) {
  const std::string grammars = installed_grammars();
  if (grammars.empty()) GTEST_SKIP() << "no grammars: tools/get_grammars.sh fetches them";
  constexpr int kMaxChars = 100;
  const std::unique_ptr<Chunker> chunker =
      chunker_with(grammars, {.max_chars = kMaxChars, .alone_chars = 30, .tiny_chars = 10});
  std::mt19937 random(2);
  for (const std::string& path : fixture_paths()) {
    const std::string fixture = read_fixture(path);
    for (int round = 0; round < 20; ++round) {
      const std::string text = broken(fixture, random);
      SCOPED_TRACE(path + "\n" + text);
      const ChunkedCode code = chunker->chunk(language_of_fixture(path), text);
      EXPECT_EQ(code.note, "");
      expect_covered(text, code, kMaxChars);
    }
  }
}

}  // namespace
}  // namespace quern::apps
