#include "serve/openai/embeddings_request.h"

#include <fmt/format.h>

#include "serve/json/json_reader.h"
#include "serve/openai/encoder_fields.h"

namespace quern::serve {
namespace {

constexpr std::string_view kWantedInput =
    "a string, a list of strings, a list of token ids, or a list of lists of token ids";

/// Reads one field's value after another into the request.
class Reader {
 public:
  Reader(int max_inputs, EmbeddingsRequest& out)
      : max_inputs_(max_inputs),
        out_(out),
        common_(out.request, IgnoredBy::kEmbeddings, out.warnings) {}

  Problem read_field(std::string_view key, JsonValue value);
  Problem check() const;

 private:
  Problem read_input(JsonValue value);
  Problem read_role(JsonValue value);
  Problem read_element(JsonValue value, const JsonPlace& place);

  int max_inputs_;
  EmbeddingsRequest& out_;
  EncoderFields common_;
  bool has_input_ = false;
  bool is_ids_ = false;  // The list is one input: its token ids.
};

Problem Reader::read_field(std::string_view key, JsonValue value) {
  engine::Request& request = out_.request;
  if (key == "input") {
    has_input_ = true;
    return read_input(value);
  }
  if (key == "model") return common_.read_model(value);
  bool is_null = false;
  if (Problem problem = read_null(value, {key}, is_null)) return problem;
  if (is_null) return {};
  if (key == "dimensions") return read_count(value, {key}, request.dimensions);
  if (key == "encoding_format") {
    using enum EncodingFormat;
    return read_choice<EncodingFormat>(value, {key}, {{"float", kFloat}, {"base64", kBase64}},
                                       out_.format);
  }
  if (key == "output") {
    using enum engine::OutputKind;
    return read_choice<engine::OutputKind>(
        value, {key}, {{"vector", kVector}, {"token", kRows}, {"sparse", kSparse}},
        request.output.emplace());
  }
  if (key == "normalize" || key == "normalized") {
    return read_flag(value, {key}, request.normalize.emplace());
  }
  if (key == "input_type") return read_role(value);
  return common_.read(key, value);
}

/// Of Cohere, Voyage, Jina and NVIDIA, whose words differ.
Problem Reader::read_role(JsonValue value) {
  std::string name;
  if (Problem problem = read_string(value, {"input_type"}, name)) return problem;
  if (name == "query" || name == "search_query") {
    out_.request.role = engine::TextRole::kQuery;
  } else if (name == "document" || name == "search_document" || name == "passage") {
    out_.request.role = engine::TextRole::kDocument;
  } else if (!name.empty()) {
    out_.warnings.push_back(
        "input_type: is not query or document (search_query, search_document, passage) and was "
        "ignored");
  }
  return {};
}

Problem Reader::check() const {
  if (Problem problem = common_.check()) return problem;
  if (has_input_) return {};
  return bad_request(fmt::format("input: is missing, wanted {}", kWantedInput), "input");
}

Problem Reader::read_input(JsonValue value) {
  auto& inputs = out_.request.inputs;
  inputs.clear();  // Of a repeated field the last one counts.
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, {"input"});
  if (type == JsonType::string) return read_string(value, {"input"}, inputs.emplace_back().text);
  is_ids_ = false;
  Problem problem =
      read_list(value, {"input"}, kWantedInput,
                [&](JsonValue item, const JsonPlace& at) { return read_element(item, at); });
  if (problem) return problem;
  if (inputs.empty()) {
    return bad_request("input: is an empty list, wanted at least one item", "input");
  }
  return {};
}

Problem Reader::read_element(JsonValue value, const JsonPlace& place) {
  auto& inputs = out_.request.inputs;
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  if (place.i == 0) is_ids_ = type == JsonType::number;
  if (is_ids_) {
    if (place.i == 0) inputs.emplace_back().ids.emplace();
    return read_id(value, place, inputs.back().ids->emplace_back());
  }
  if (place.i == max_inputs_) {
    return bad_request(
        fmt::format("input: has more than {} items, the limit of this server", max_inputs_),
        "input");
  }
  if (type == JsonType::string) return read_string(value, place, inputs.emplace_back().text);
  if (type != JsonType::array) {
    return wrong_type(place, name_of(type), "a string or a list of token ids");
  }
  return read_ids(value, place, inputs.emplace_back().ids.emplace());
}

}  // namespace

std::optional<HttpError> parse_embeddings_request(std::string& body, int max_inputs,
                                                  EmbeddingsRequest& out) {
  Reader reader(max_inputs, out);
  Problem problem = read_fields_into(body, reader);
  return problem ? problem : reader.check();
}

}  // namespace quern::serve
