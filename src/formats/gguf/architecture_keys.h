// The metadata of one architecture of a GGUF file: "block_count" stands for "llama.block_count".

#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "formats/gguf/gguf.h"

namespace quern::formats {

class ArchitectureKeys {
 public:
  ArchitectureKeys(const GgufMetadata& metadata, std::string_view architecture)
      : metadata_(metadata), prefix_(std::string(architecture) + ".") {}

  std::string full(std::string_view key) const { return prefix_ + std::string(key); }
  bool has(std::string_view key) const { return metadata_.has(full(key)); }
  const GgufMetadata& metadata() const { return metadata_; }

  Result<int> integer(std::string_view key, int lowest, int highest) const {
    QUERN_ASSIGN(const std::int64_t n, metadata_.integer(full(key), lowest, highest));
    return static_cast<int>(n);
  }
  Result<int> integer_or(std::string_view key, int lowest, int highest, int fallback) const {
    if (!has(key)) return fallback;
    return integer(key, lowest, highest);
  }
  Result<double> number_or(std::string_view key, double lowest, double highest,
                           double fallback) const {
    return metadata_.number_or(full(key), lowest, highest, fallback);
  }
  Result<bool> boolean_or(std::string_view key, bool fallback) const {
    return metadata_.boolean_or(full(key), fallback);
  }

  /// A count that some files give per layer: all layers must agree.
  Result<int> uniform(std::string_view key, int lowest, int highest, int fallback) const {
    const auto at = metadata_.all().find(full(key));
    if (at == metadata_.all().end() || !std::holds_alternative<GgufArray>(at->second)) {
      return integer_or(key, lowest, highest, fallback);
    }
    QUERN_ASSIGN(const std::vector<std::int64_t> list, metadata_.integers(full(key)));
    for (const std::int64_t n : list) {
      if (n != list.front() || n < lowest || n > highest) {
        return {Code::kUnsupported,
                fmt::format("'{}' differs between layers, want one number for all", full(key))};
      }
    }
    if (list.empty()) return metadata_.wrong(full(key), "a number");
    return static_cast<int>(list.front());
  }

 private:
  const GgufMetadata& metadata_;
  std::string prefix_;
};

/// nullptr if there is none.
inline const GgufTensor* find_tensor(const GgufTensors& tensors, std::string_view name) {
  const auto at = tensors.find(name);
  return at == tensors.end() ? nullptr : &at->second;
}

}  // namespace quern::formats
