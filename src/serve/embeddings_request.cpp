#include "serve/embeddings_request.h"

#include <limits>

#include <fmt/format.h>
#include <simdjson.h>

namespace quern::serve {
namespace {

namespace ondemand = simdjson::ondemand;
using ondemand::json_type;
using simdjson::error_code;
using Problem = std::optional<ApiError>;

static_assert(kBodyPadding >= simdjson::SIMDJSON_PADDING);

constexpr int kMaxDepth = 64;
constexpr std::string_view kWantedInput =
    "a string, a list of strings, a list of token ids, or a list of lists of token ids";

/// Where in the body something is: "input", "input[3]", "input[3][7]". Made text only for errors.
struct Place {
  std::string_view field{};
  long i = -1;
  long j = -1;

  std::string text() const {
    std::string out(field);
    if (i >= 0) out += fmt::format("[{}]", i);
    if (j >= 0) out += fmt::format("[{}]", j);
    return out;
  }
};

ApiError not_json(error_code error, const Place& place) {
  const std::string where = place.text();
  switch (error) {
    case simdjson::UTF8_ERROR:
      return bad_request("the body is not valid UTF-8");
    case simdjson::EMPTY:
      return bad_request("the body is empty, wanted a JSON object");
    case simdjson::STRING_ERROR:
      return bad_request(fmt::format("{}: a string has an escape that is no character", where));
    default:
      break;
  }
  return bad_request(fmt::format("the body is not valid JSON, at or after {}: {}", where,
                                 simdjson::error_message(error)));
}

std::string_view name_of(json_type type) {
  switch (type) {
    case json_type::array:
      return "a list";
    case json_type::object:
      return "an object";
    case json_type::number:
      return "a number";
    case json_type::string:
      return "a string";
    case json_type::boolean:
      return "a boolean";
    case json_type::null:
      return "null";
  }
  return "something else";
}

ApiError wrong_type(const Place& place, std::string_view got, std::string_view wanted) {
  return bad_request(fmt::format("{}: got {}, wanted {}", place.text(), got, wanted),
                     std::string(place.field));
}

/// Reads the whole of a value nobody wants, so that bad JSON is refused wherever it is.
error_code skip(ondemand::value value, int depth) {
  if (depth > kMaxDepth) return simdjson::DEPTH_ERROR;
  json_type type{};
  if (const auto error = value.type().get(type)) return error;
  if (type == json_type::array) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return error;
    for (auto element : array) {
      ondemand::value item;
      if (const auto error = element.get(item)) return error;
      if (const auto error = skip(item, depth + 1)) return error;
    }
    return simdjson::SUCCESS;
  }
  if (type == json_type::object) {
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return error;
    for (auto member : object) {
      std::string_view key;
      ondemand::value item;
      if (const auto error = member.unescaped_key().get(key)) return error;
      if (const auto error = member.value().get(item)) return error;
      if (const auto error = skip(item, depth + 1)) return error;
    }
    return simdjson::SUCCESS;
  }
  if (type == json_type::string) return value.get_string().error();
  if (type == json_type::number) return value.get_double().error();
  if (type == json_type::boolean) return value.get_bool().error();
  bool is_null = false;
  if (const auto error = value.is_null().get(is_null)) return error;
  return is_null ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
}

/// Reads one field's value after another into the request.
class Reader {
 public:
  Reader(int max_inputs, EmbeddingsRequest& out) : max_inputs_(max_inputs), out_(out) {}

  Problem read_field(std::string_view key, ondemand::value value);
  bool has_model() const { return has_model_; }
  bool has_input() const { return has_input_; }

 private:
  Problem read_input(ondemand::value value);
  Problem read_list(ondemand::array array);
  Problem read_element(ondemand::value value, const Place& place, json_type type);
  Problem read_ids(ondemand::array array, const Place& place, std::vector<text::TokenId>& ids);
  Problem read_id(ondemand::value value, const Place& place, text::TokenId& id);
  Problem read_string(ondemand::value value, const Place& place, std::string& text);
  Problem read_count(ondemand::value value, const Place& place, int& count);
  Problem read_choice(ondemand::value value, const Place& place, std::string_view first,
                      std::string_view second, bool& is_second);

  int max_inputs_;
  EmbeddingsRequest& out_;
  bool has_model_ = false;
  bool has_input_ = false;
};

Problem Reader::read_field(std::string_view key, ondemand::value value) {
  engine::Request& request = out_.request;
  json_type type{};
  if (const auto error = value.type().get(type)) return not_json(error, {key});
  if (key == "input") {
    has_input_ = true;
    return read_input(value);
  }
  if (key == "model") {
    has_model_ = true;
    return read_string(value, {key}, request.model);
  }
  // As the official API: an optional field may be null.
  if (type == json_type::null) {
    if (const auto error = skip(value, 0)) return not_json(error, {key});
    return {};
  }
  if (key == "dimensions") return read_count(value, {key}, request.dimensions);
  if (key == "max_tokens") return read_count(value, {key}, request.max_tokens);
  if (key == "prompt_name") return read_string(value, {key}, request.prompt_name);
  bool is_second = false;
  if (key == "encoding_format") {
    Problem problem = read_choice(value, {key}, "float", "base64", is_second);
    out_.format = is_second ? EncodingFormat::kBase64 : EncodingFormat::kFloat;
    return problem;
  }
  if (key == "truncation") {
    Problem problem = read_choice(value, {key}, "cut", "refuse", is_second);
    request.truncation = is_second ? engine::Truncation::kRefuse : engine::Truncation::kCut;
    return problem;
  }
  if (key == "priority") {
    Problem problem = read_choice(value, {key}, "interactive", "bulk", is_second);
    request.priority = is_second ? engine::Priority::kBulk : engine::Priority::kInteractive;
    return problem;
  }
  if (const auto error = skip(value, 0)) return not_json(error, {key});
  return {};
}

Problem Reader::read_input(ondemand::value value) {
  out_.request.inputs.clear();  // Of a repeated field the last one counts.
  json_type type{};
  if (const auto error = value.type().get(type)) return not_json(error, {"input"});
  if (type == json_type::string) {
    return read_string(value, {"input"}, out_.request.inputs.emplace_back().text);
  }
  if (type != json_type::array) return wrong_type({"input"}, name_of(type), kWantedInput);
  ondemand::array array;
  if (const auto error = value.get_array().get(array)) return not_json(error, {"input"});
  return read_list(array);
}

Problem Reader::read_list(ondemand::array array) {
  auto& inputs = out_.request.inputs;
  long n = 0;
  bool is_ids = false;
  for (auto element : array) {
    const Place place{"input", n};
    ondemand::value value;
    json_type type{};
    if (const auto error = element.get(value)) return not_json(error, place);
    if (const auto error = value.type().get(type)) return not_json(error, place);
    if (n == 0) is_ids = type == json_type::number;
    if (is_ids) {
      // One input: its token ids.
      if (n == 0) inputs.emplace_back().ids.emplace();
      text::TokenId id = 0;
      if (Problem problem = read_id(value, place, id)) return problem;
      inputs.back().ids->push_back(id);
    } else {
      if (n == max_inputs_) {
        return bad_request(
            fmt::format("input: has more than {} items, the limit of this server", max_inputs_),
            "input");
      }
      if (Problem problem = read_element(value, place, type)) return problem;
    }
    ++n;
  }
  if (n == 0) return bad_request("input: is an empty list, wanted at least one item", "input");
  return {};
}

Problem Reader::read_element(ondemand::value value, const Place& place, json_type type) {
  auto& inputs = out_.request.inputs;
  if (type == json_type::string) return read_string(value, place, inputs.emplace_back().text);
  if (type != json_type::array) {
    return wrong_type(place, name_of(type), "a string or a list of token ids");
  }
  ondemand::array ids;
  if (const auto error = value.get_array().get(ids)) return not_json(error, place);
  return read_ids(ids, place, inputs.emplace_back().ids.emplace());
}

Problem Reader::read_ids(ondemand::array array, const Place& place,
                         std::vector<text::TokenId>& ids) {
  for (auto element : array) {
    const Place at{place.field, place.i, static_cast<long>(ids.size())};
    ondemand::value value;
    if (const auto error = element.get(value)) return not_json(error, at);
    if (Problem problem = read_id(value, at, ids.emplace_back())) return problem;
  }
  return {};
}

Problem Reader::read_id(ondemand::value value, const Place& place, text::TokenId& id) {
  json_type type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  if (type != json_type::number) return wrong_type(place, name_of(type), "a token id");
  std::int64_t number = 0;
  const auto error = value.get_int64().get(number);
  constexpr auto kMax = std::numeric_limits<text::TokenId>::max();
  if (error || number < 0 || number > kMax) {
    double ignored = 0;
    if (const auto bad = value.get_double().get(ignored)) return not_json(bad, place);
    return wrong_type(place, "a number that is no token id", "an integer from 0 on");
  }
  id = static_cast<text::TokenId>(number);
  return {};
}

Problem Reader::read_string(ondemand::value value, const Place& place, std::string& text) {
  json_type type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  if (type != json_type::string) return wrong_type(place, name_of(type), "a string");
  std::string_view read;
  if (const auto error = value.get_string().get(read)) return not_json(error, place);
  text = read;
  return {};
}

Problem Reader::read_count(ondemand::value value, const Place& place, int& count) {
  json_type type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  if (type != json_type::number) return wrong_type(place, name_of(type), "an integer from 1 on");
  std::int64_t number = 0;
  const auto error = value.get_int64().get(number);
  if (error || number < 1 || number > std::numeric_limits<int>::max()) {
    double got = 0;
    if (const auto bad = value.get_double().get(got)) return not_json(bad, place);
    return wrong_type(place, fmt::format("{}", got), "an integer from 1 on");
  }
  count = static_cast<int>(number);
  return {};
}

Problem Reader::read_choice(ondemand::value value, const Place& place, std::string_view first,
                            std::string_view second, bool& is_second) {
  std::string got;
  if (Problem problem = read_string(value, place, got)) return problem;
  is_second = got == second;
  if (is_second || got == first) return {};
  return wrong_type(place, fmt::format("'{}'", got), fmt::format("'{}' or '{}'", first, second));
}

}  // namespace

std::optional<ApiError> parse_embeddings_request(std::string& body, int max_inputs,
                                                 EmbeddingsRequest& out) {
  body.reserve(body.size() + kBodyPadding);
  ondemand::parser parser;
  ondemand::document document;
  const simdjson::padded_string_view bytes(body.data(), body.size(), body.capacity());
  if (const auto error = parser.iterate(bytes).get(document)) {
    return not_json(error, {"its beginning"});
  }
  json_type type{};
  if (const auto error = document.type().get(type)) return not_json(error, {"its beginning"});
  if (type != json_type::object) {
    return bad_request(fmt::format("the body is {}, wanted a JSON object", name_of(type)));
  }
  ondemand::object object;
  if (const auto error = document.get_object().get(object))
    return not_json(error, {"its beginning"});
  Reader reader(max_inputs, out);
  std::string last = "its beginning";
  for (auto member : object) {
    std::string_view key;
    ondemand::value value;
    if (const auto error = member.unescaped_key().get(key)) return not_json(error, {last});
    last = key;
    if (const auto error = member.value().get(value)) return not_json(error, {last});
    if (Problem problem = reader.read_field(last, value)) return problem;
  }
  if (!document.current_location().error())
    return not_json(simdjson::TRAILING_CONTENT, {"its end"});
  if (!reader.has_model()) return bad_request("model: is missing, wanted a model's name", "model");
  if (out.request.model.empty()) return bad_request("model: is empty, wanted a name", "model");
  if (!reader.has_input()) {
    return bad_request(fmt::format("input: is missing, wanted {}", kWantedInput), "input");
  }
  return {};
}

}  // namespace quern::serve
