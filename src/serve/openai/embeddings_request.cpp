#include "serve/openai/embeddings_request.h"

#include <fmt/format.h>

#include "serve/json/json_reader.h"
#include "serve/openai/ignored_fields.h"

namespace quern::serve {
namespace {

constexpr std::string_view kWantedInput =
    "a string, a list of strings, a list of token ids, or a list of lists of token ids";

/// Reads one field's value after another into the request.
class Reader {
 public:
  Reader(int max_inputs, EmbeddingsRequest& out) : max_inputs_(max_inputs), out_(out) {}

  Problem read_field(std::string_view key, JsonValue value);
  bool has_model() const { return has_model_; }
  bool has_input() const { return has_input_; }

 private:
  Problem read_input(JsonValue value);
  Problem read_element(JsonValue value, const JsonPlace& place);

  int max_inputs_;
  EmbeddingsRequest& out_;
  bool has_model_ = false;
  bool has_input_ = false;
  bool is_ids_ = false;  // The list is one input: its token ids.
};

Problem Reader::read_field(std::string_view key, JsonValue value) {
  engine::Request& request = out_.request;
  if (key == "input") {
    has_input_ = true;
    return read_input(value);
  }
  if (key == "model") {
    has_model_ = true;
    return read_string(value, {key}, request.model);
  }
  bool is_null = false;
  if (Problem problem = read_null(value, {key}, is_null)) return problem;
  if (is_null) return {};
  if (key == "dimensions") return read_count(value, {key}, request.dimensions);
  if (key == "max_tokens") return read_count(value, {key}, request.max_tokens);
  if (key == "prompt_name") return read_string(value, {key}, request.prompt_name);
  if (key == "prompt") return read_string(value, {key}, request.prompt.emplace());
  if (key == "encoding_format") {
    using enum EncodingFormat;
    return read_choice<EncodingFormat>(value, {key}, {{"float", kFloat}, {"base64", kBase64}},
                                       out_.format);
  }
  if (key == "truncation") {
    using enum engine::Truncation;
    return read_choice<engine::Truncation>(value, {key}, {{"cut", kCut}, {"refuse", kRefuse}},
                                           request.truncation);
  }
  if (key == "truncation_side") {
    using enum text::TruncationSide;
    return read_choice<text::TruncationSide>(value, {key}, {{"right", kRight}, {"left", kLeft}},
                                             request.truncation_side.emplace());
  }
  if (key == "priority") {
    using enum engine::WorkClass;
    return read_choice<engine::WorkClass>(
        value, {key}, {{"interactive", kInteractive}, {"bulk", kBulk}}, request.work_class);
  }
  return read_ignored(key, value, IgnoredBy::kEmbeddings, out_.warnings);
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
  Problem problem = read_fields(
      body, [&](std::string_view key, JsonValue value) { return reader.read_field(key, value); });
  if (problem) return problem;
  if (!reader.has_model()) return bad_request("model: is missing, wanted a model's name", "model");
  if (out.request.model.empty()) return bad_request("model: is empty, wanted a name", "model");
  if (!reader.has_input()) {
    return bad_request(fmt::format("input: is missing, wanted {}", kWantedInput), "input");
  }
  return {};
}

}  // namespace quern::serve
