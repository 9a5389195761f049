// For tests: the bytes of a GGUF file, written field by field, so that a test can lie in any field.

#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "formats/gguf/gguf.h"

namespace quern::formats {

class TestGguf {
 public:
  std::uint32_t magic = 0x46554747;
  std::uint32_t version = 3;
  std::size_t alignment = 32;

  template <typename T>
  static std::string raw(T value) {
    std::string out(sizeof(T), '\0');
    std::memcpy(out.data(), &value, sizeof(T));
    return out;
  }
  static std::string str(std::string_view text) {
    return raw<std::uint64_t>(text.size()) + std::string(text);
  }

  /// A metadata entry: type number and encoded value.
  TestGguf& entry(std::string_view key, std::uint32_t type, const std::string& value) {
    entries_ += str(key) + raw(type) + value;
    ++n_entries;
    return *this;
  }
  TestGguf& u32(std::string_view key, std::uint32_t v) { return entry(key, 4, raw(v)); }
  TestGguf& f32(std::string_view key, float v) { return entry(key, 6, raw(v)); }
  TestGguf& boolean(std::string_view key, bool v) { return entry(key, 7, raw<std::uint8_t>(v)); }
  TestGguf& string(std::string_view key, std::string_view v) { return entry(key, 8, str(v)); }
  TestGguf& strings(std::string_view key, const std::vector<std::string>& list) {
    std::string value = raw<std::uint32_t>(8) + raw<std::uint64_t>(list.size());
    for (const std::string& item : list) value += str(item);
    return entry(key, 9, value);
  }
  template <typename T>
  TestGguf& array(std::string_view key, std::uint32_t type, const std::vector<T>& list) {
    std::string value = raw(type) + raw<std::uint64_t>(list.size());
    for (const T item : list) value += raw(item);
    return entry(key, 9, value);
  }

  /// Describes a tensor of `data`, whose dimensions come fastest first, at the next aligned place.
  TestGguf& tensor(std::string_view name, const std::vector<std::int64_t>& dims, std::uint32_t type,
                   const std::string& data) {
    describe(name, dims, type, data_.size());
    data_ += data;
    data_.resize((data_.size() + alignment - 1) / alignment * alignment);
    return *this;
  }
  TestGguf& describe(std::string_view name, const std::vector<std::int64_t>& dims,
                     std::uint32_t type, std::uint64_t offset) {
    tensors_ += str(name) + raw(static_cast<std::uint32_t>(dims.size()));
    for (const std::int64_t dim : dims) tensors_ += raw(dim);
    tensors_ += raw(type) + raw(offset);
    ++n_tensors;
    return *this;
  }

  std::uint64_t n_entries = 0;
  std::uint64_t n_tensors = 0;

  std::string bytes() const {
    std::string out = raw(magic) + raw(version) + raw(n_tensors) + raw(n_entries);
    out += entries_ + tensors_;
    out.resize((out.size() + alignment - 1) / alignment * alignment);
    return out + data_;
  }

 private:
  std::string entries_;
  std::string tensors_;
  std::string data_;
};

inline Result<GgufContents> parse_gguf_text(const std::string& bytes) {
  return parse_gguf(std::as_bytes(std::span(bytes)));
}

}  // namespace quern::formats
