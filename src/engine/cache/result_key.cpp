#include "engine/cache/result_key.h"

#include <array>
#include <span>

namespace quern::engine {
namespace {

// Goes up when what stands in a key or a value changes.
constexpr std::string_view kKeyVersion = "quern result 1\n";

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

ResultContext result_context(std::string_view identity, const OutputForm& form) {
  Sha256 sha;
  sha.add(bytes_of(kKeyVersion));
  sha.add(bytes_of(formats::output_name(form.kind)));
  sha.add(bytes_of(form.leaves_last_norm ? " as pooled\n" : "\n"));
  sha.add(bytes_of(identity));
  return {.bytes = sha.digest()};
}

ResultKey result_key(const ResultContext& context, const text::Encoding& input) {
  Sha256 sha;
  // Of fixed size, and with the number of ids, so that no two inputs spell the same bytes.
  const std::array<std::uint32_t, 3> head = {static_cast<std::uint32_t>(input.ids.size()),
                                             static_cast<std::uint32_t>(input.n_unpooled),
                                             static_cast<std::uint32_t>(input.n_unseen)};
  sha.add(context.bytes);
  sha.add(std::as_bytes(std::span(head)));
  sha.add(std::as_bytes(std::span(input.ids)));
  sha.add(std::as_bytes(std::span(input.type_ids)));
  return {.bytes = sha.digest()};
}

}  // namespace quern::engine
