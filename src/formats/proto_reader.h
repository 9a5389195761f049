// Fields of a protocol-buffers message, of unknown origin, one after another.
// Source: protobuf.dev/programming-guides/encoding.

#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "formats/byte_reader.h"

namespace quern::formats {

struct ProtoField {
  int number = 0;
  std::uint64_t value = 0;  // Of a varint or a fixed number, as bits.
  std::string_view bytes;   // Of a string or a message.

  float as_float() const {
    const auto bits = static_cast<std::uint32_t>(value);
    float out;
    std::memcpy(&out, &bits, sizeof(out));
    return out;
  }
};

/// After next() has given false, is_ok() tells the end from damage.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message)
      : reader_(std::as_bytes(std::span(message.data(), message.size()))) {}

  bool is_ok() const { return is_ok_ && reader_.is_ok(); }

  bool next(ProtoField& field) {
    if (!is_ok() || reader_.n_left() == 0) return false;
    const std::uint64_t tag = varint();
    field = {.number = static_cast<int>(tag >> 3 & 0x1FFFFFFF), .value = 0, .bytes = {}};
    switch (tag & 7) {
      case 0:
        field.value = varint();
        break;
      case 1:
        field.value = reader_.number<std::uint64_t>();
        break;
      case 2: {
        const auto part = reader_.take(varint());
        field.bytes = {reinterpret_cast<const char*>(part.data()), part.size()};
        break;
      }
      case 5:
        field.value = reader_.number<std::uint32_t>();
        break;
      default:  // Groups, which nobody writes any more.
        is_ok_ = false;
    }
    return is_ok();
  }

 private:
  std::uint64_t varint() {
    std::uint64_t out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = reader_.number<std::uint8_t>();
      out |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return out;
    }
    is_ok_ = false;
    return 0;
  }

  ByteReader reader_;
  bool is_ok_ = true;
};

}  // namespace quern::formats
