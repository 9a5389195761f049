#include "apps/papers/import/json_objects.h"

#include <string_view>

#include <fmt/format.h>

namespace quern::apps {
namespace {

constexpr std::size_t kObjectBufferBytes = 64 << 10;
constexpr int kEndOfStream = -1;

// What may stand between objects: lists and their commas, blanks, byte order marks.
bool is_between_objects(int c) {
  return c <= ' ' || c == ',' || c == '[' || c == ']' || c == 0xef || c == 0xbb || c == 0xbf;
}

}  // namespace

// The next byte, 0 to 255, or kEndOfStream.
int JsonObjects::get() {
  if (at_ == buffer_.size()) {
    buffer_.resize(kObjectBufferBytes);
    in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    buffer_.resize(static_cast<std::size_t>(in_.gcount()));
    at_ = 0;
    if (buffer_.empty()) return kEndOfStream;
  }
  ++n_bytes_;
  const auto c = static_cast<unsigned char>(buffer_[at_++]);
  if (c == '\n') ++n_line_;
  return c;
}

// True where an object begins; false at the end. What is neither is told once.
bool JsonObjects::skip_to_object(Object& out) {
  for (int c = get(); c != kEndOfStream; c = get()) {
    if (c == '{' && !out.status.ok()) {  // Told first; the object is the next.
      --at_;
      --n_bytes_;
      return false;
    }
    if (c == '{') {
      out.n_line = n_line_;
      return true;
    }
    if (!is_between_objects(c) && out.status.ok()) {
      out.n_line = n_line_;
      out.status = {Code::kBadInput, "what stands here is no JSON object"};
    }
  }
  return false;
}

// Behind its first brace.
void JsonObjects::take_object(Object& out) {
  out.text = "{";
  int depth = 1;
  bool is_in_string = false;
  bool is_escaped = false;
  while (depth > 0) {
    const int c = get();
    if (c == kEndOfStream) {
      out.text.clear();
      out.status = {Code::kBadInput, "the object that begins here has no end"};
      return;
    }
    if (out.status.ok()) out.text += static_cast<char>(c);
    if (out.text.size() > max_bytes_) {
      out.text = std::string();
      out.status = {Code::kTooLarge, fmt::format("the object has more than {} bytes", max_bytes_)};
    }
    if (is_in_string) {
      is_in_string = c != '"' || is_escaped;
      is_escaped = c == '\\' && !is_escaped;
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}') {
      --depth;
    }
  }
}

Result<std::optional<JsonObjects::Object>> JsonObjects::next() {
  Object out;
  const std::size_t n_before = n_bytes_;
  const bool is_object = skip_to_object(out);
  if (is_object) take_object(out);
  if (in_.bad()) return {Code::kIo, "reading failed"};
  if (!is_object && out.status.ok()) return std::optional<Object>();
  out.n_bytes = n_bytes_ - n_before;
  return std::optional<Object>(std::move(out));
}

}  // namespace quern::apps
