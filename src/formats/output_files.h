// What a folder may hold beside its weights for the vectors of tokens and the weights of terms,
// under names of their own.

#pragma once

#include <string_view>

namespace quern::formats {

inline constexpr const char* kLexicalMatrix = "sparse_linear.pt";      // Of BGE-M3.
inline constexpr const char* kRowMatrix = "colbert_linear.pt";         // Of BGE-M3.
inline constexpr const char* kStanfordMetadata = "artifact.metadata";  // Of ColBERT.
inline constexpr const char* kOutputFiles[] = {kLexicalMatrix, kRowMatrix, kStanfordMetadata};

inline bool is_output_weights(std::string_view name) {
  return name == kLexicalMatrix || name == kRowMatrix;
}

inline bool is_output_file(std::string_view name) {
  return is_output_weights(name) || name == kStanfordMetadata;
}

}  // namespace quern::formats
