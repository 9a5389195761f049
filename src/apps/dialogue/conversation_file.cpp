#include "apps/dialogue/conversation_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "apps/dialogue/conversation.h"
#include "apps/json_object.h"

namespace quern::apps {
namespace {

constexpr const char* kVersionField = "quern_conversations";

struct FileHead {
  std::string predictor;
  std::size_t n = 0;
};

Result<FileHead> head_from(std::string_view line) {
  QUERN_ASSIGN(const nlohmann::ordered_json object, object_from_json(line));
  const auto version = object.find(kVersionField);
  if (version == object.end()) {
    return {Code::kBadInput,
            "no conversations of a predictor, or of an earlier form that does "
            "not say whose they are"};
  }
  if (*version != kConversationFileVersion) {
    return {Code::kUnsupported, fmt::format("conversations of version {}, this program reads {}",
                                            version->dump(), kConversationFileVersion)};
  }
  const auto predictor = object.find("predictor"), n = object.find("n");
  if (predictor == object.end() || !predictor->is_string() || n == object.end() ||
      !n->is_number_unsigned()) {
    return {Code::kBadInput, "it does not say whose conversations it has, and how many"};
  }
  return FileHead{.predictor = predictor->get<std::string>(), .n = n->get<std::size_t>()};
}

Status add_row(std::string_view line, ConversationFile& out) {
  QUERN_ASSIGN(const nlohmann::ordered_json object, object_from_json(line));
  const auto name = object.find("conversation"), state = object.find("state");
  if (name == object.end() || !name->is_string() || state == object.end() || !state->is_string()) {
    return {Code::kBadInput, "it is no conversation's"};
  }
  QUERN_ASSIGN(std::string bytes, bytes_from_hex(state->get_ref<const std::string&>()));
  QUERN_TRY(turns_in_bytes(bytes).status());
  if (out.states.emplace(name->get<std::string>(), std::move(bytes)).second) return {};
  return {Code::kBadInput,
          fmt::format("conversation '{}' is there twice", name->get<std::string>())};
}

}  // namespace

Result<ConversationFile> conversations_from_text(std::string_view text) {
  ConversationFile out;
  std::optional<FileHead> head;
  for (int n_line = 1; !text.empty(); ++n_line) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::string where = fmt::format("line {}", n_line);
    if (!head) {
      QUERN_ASSIGN(head, head_from(line).in(where));
    } else {
      QUERN_TRY(add_row(line, out).in(where));
    }
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  if (!head) return out;
  out.predictor = std::move(head->predictor);
  if (out.states.size() == head->n) return out;
  return {Code::kBadInput, fmt::format("it has {} conversations and should have {}: it was cut",
                                       out.states.size(), head->n)};
}

Status write_conversations(const ConversationFile& file,
                           const std::function<Status(std::string_view line)>& write) {
  using Json = nlohmann::ordered_json;
  const Json head = {{kVersionField, kConversationFileVersion},
                     {"predictor", file.predictor},
                     {"n", file.states.size()}};
  QUERN_TRY(write(head.dump() + '\n'));
  for (const auto& [name, bytes] : file.states) {
    const Json row = {{"conversation", name}, {"state", hex_from_bytes(bytes)}};
    QUERN_TRY(write(row.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n'));
  }
  return {};
}

Status check_predictor(const ConversationFile& file, const std::string& fingerprint) {
  if (file.states.empty() || file.predictor == fingerprint) return {};
  return {Code::kBadInput,
          fmt::format("its conversations are of the predictor {:.12}..., this one is {:.12}...: "
                      "they cannot go on with it",
                      file.predictor, fingerprint)};
}

std::string hex_from_bytes(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

Result<std::string> bytes_from_hex(std::string_view hex) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  if (hex.size() % 2 != 0) return {Code::kBadInput, "its state is damaged"};
  std::string out;
  out.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return {Code::kBadInput, "its state is damaged"};
    out += static_cast<char>(16 * high + low);
  }
  return out;
}

}  // namespace quern::apps
