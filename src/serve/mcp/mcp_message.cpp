#include "serve/mcp/mcp_message.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "serve/json/json_text.h"

namespace quern::serve {
namespace {

namespace dom = simdjson::dom;

constexpr const char* kMetaVersion = "io.modelcontextprotocol/protocolVersion";
constexpr const char* kMetaCapabilities = "io.modelcontextprotocol/clientCapabilities";

std::optional<dom::element> member(const dom::object& object, std::string_view name) {
  dom::element value;
  if (object.at_key(name).get(value)) return std::nullopt;
  return value;
}

std::optional<std::string> text_member(const dom::object& object, std::string_view name) {
  const auto value = member(object, name);
  std::string_view text;
  if (!value || value->get_string().get(text)) return std::nullopt;
  return std::string(text);
}

// A string or an integer, as JSON; "" for anything else, and for what is too long.
std::string id_text(const dom::element& value) {
  std::string out;
  std::string_view text;
  std::int64_t number = 0;
  std::uint64_t large = 0;
  if (!value.get_string().get(text)) {
    append_json_string(out, text);
  } else if (!value.get_int64().get(number)) {
    out = fmt::format("{}", number);
  } else if (!value.get_uint64().get(large)) {
    out = fmt::format("{}", large);
  }
  if (out.size() > kMaxMcpId) out.clear();
  return out;
}

McpMessage invalid(int code, std::string text, std::string id = "null") {
  McpMessage out;
  out.error = {.code = code, .message = std::move(text)};
  out.id = std::move(id);
  return out;
}

void read_meta(const dom::object& params, McpMessage& out) {
  const auto value = member(params, "_meta");
  dom::object meta;
  if (!value || value->get_object().get(meta)) return;
  out.meta_version = text_member(meta, kMetaVersion);
  const auto capabilities = member(meta, kMetaCapabilities);
  out.has_client_capabilities = capabilities && capabilities->is_object();
  if (const auto token = member(meta, "progressToken")) out.progress_token = id_text(*token);
}

void read_params(const dom::object& params, McpMessage& out) {
  read_meta(params, out);
  out.protocol_version = text_member(params, "protocolVersion");
  out.name = text_member(params, "name");
  if (const auto arguments = member(params, "arguments"); arguments && !arguments->is_null()) {
    out.has_bad_arguments = !arguments->is_object();
    if (arguments->is_object()) out.arguments = simdjson::minify(*arguments);
  }
  const auto cursor = member(params, "cursor");
  out.has_cursor = cursor && !cursor->is_null();
  if (const auto id = member(params, "requestId")) out.request_id = id_text(*id);
}

McpMessage read_message(const dom::element& element) {
  dom::object object;
  if (element.get_object().get(object)) {
    return invalid(kInvalidRequest, "a message is a JSON object");
  }
  McpMessage out;
  const auto id = member(object, "id");
  const std::string known_id = id ? id_text(*id) : "";
  if (!known_id.empty()) out.id = known_id;
  if (text_member(object, "jsonrpc") != "2.0") {
    return invalid(kInvalidRequest, "\"jsonrpc\" is not \"2.0\"", out.id);
  }
  const auto method = text_member(object, "method");
  if (!method) {
    if (!member(object, "method") && (member(object, "result") || member(object, "error"))) {
      out.kind = McpMessage::Kind::kResponse;
      return out;
    }
    return invalid(kInvalidRequest, "\"method\" is not there, or no text", out.id);
  }
  out.method = *method;
  if (id && known_id.empty()) {
    return invalid(
        kInvalidRequest,
        fmt::format("\"id\" is neither a text of at most {} bytes nor an integer", kMaxMcpId));
  }
  out.kind = id ? McpMessage::Kind::kRequest : McpMessage::Kind::kNotification;
  if (const auto value = member(object, "params"); value && !value->is_null()) {
    dom::object params;
    const bool is_object = !value->get_object().get(params);
    // JSON-RPC answers no notification, whatever is in it.
    if (!is_object && id) return invalid(kInvalidParams, "\"params\" is no object", out.id);
    if (is_object) read_params(params, out);
  }
  return out;
}

}  // namespace

McpInput read_mcp_input(std::string_view bytes) {
  McpInput out;
  dom::parser parser;
  dom::element root;
  if (const auto error = parser.parse(simdjson::padded_string(bytes)).get(root)) {
    out.messages.push_back(invalid(
        kParseError, fmt::format("not a JSON text in UTF-8: {}", simdjson::error_message(error))));
    return out;
  }
  dom::array batch;
  if (root.get_array().get(batch)) {
    out.messages.push_back(read_message(root));
    return out;
  }
  out.is_batch = true;
  // A message takes some hundred times the bytes of the shortest element.
  out.n_messages = batch.size();
  for (const dom::element element : batch) {
    if (out.messages.size() == kMaxBatch) break;
    out.messages.push_back(read_message(element));
  }
  return out;
}

}  // namespace quern::serve
