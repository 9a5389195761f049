// For tests: the golden files of tests/data/tokenizer, as lines and cells.

#pragma once

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "text/tokenizer_spec.h"

namespace quern::text {

inline std::vector<std::string> golden_lines(const std::string& name) {
  std::ifstream file(QUERN_SOURCE_DIR "/tests/data/tokenizer/" + name, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

inline std::vector<std::string> golden_cells(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char c : line) c == '\t' ? cells.emplace_back() : cells.back() += std::string(1, c);
  return cells;
}

inline std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

inline std::vector<TokenId> numbers_of(const std::string& cell) {
  std::istringstream in(cell);
  return {std::istream_iterator<TokenId>(in), {}};
}

}  // namespace quern::text
