#include "base/utf8_assembler.h"

#include "base/utf8.h"

namespace quern {

void Utf8Assembler::add(std::string_view bytes, std::string& out) {
  pending_ += bytes;
  std::size_t pos = 0;
  while (pos < pending_.size()) {
    const Decoded c = decode_utf8(pending_, pos);
    const auto n = static_cast<std::size_t>(c.n_bytes);
    // Ill-formed only because the end came first? A lone byte that can start no character is not.
    const bool may_go_on = !c.valid && pos + n == pending_.size() &&
                           static_cast<unsigned char>(pending_[pos]) >= 0xC2 &&
                           static_cast<unsigned char>(pending_[pos]) <= 0xF4;
    if (may_go_on) break;
    append_utf8(c.code, out);
    pos += n;
  }
  pending_.erase(0, pos);
}

void Utf8Assembler::finish(std::string& out) {
  if (!pending_.empty()) append_utf8(kReplacement, out);
  pending_.clear();
}

}  // namespace quern
