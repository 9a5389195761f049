#include "serve/openai/generation_request.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "serve/openai/treatment_fields.h"

namespace quern::serve {
namespace {

using engine::Sampling;

constexpr std::int64_t kMaxChoices = 128;  // As OpenAI's own.
constexpr std::size_t kMaxStops = 64;      // OpenAI takes 4.
constexpr std::size_t kMaxBiases = 4096;   // OpenAI takes 1024.
constexpr std::int64_t kMaxBiasedId = std::numeric_limits<text::TokenId>::max();

struct NumberField {
  std::string_view name;
  float Sampling::* member;
  double low;
  double high;
};

constexpr std::array kNumbers = {
    NumberField{"temperature", &Sampling::temperature, 0, 100},
    NumberField{"top_p", &Sampling::top_p, 0, 1},
    NumberField{"min_p", &Sampling::min_p, 0, 1},
    NumberField{"typical_p", &Sampling::typical_p, 0, 1},
    NumberField{"presence_penalty", &Sampling::presence_penalty, -2, 2},
    NumberField{"frequency_penalty", &Sampling::frequency_penalty, -2, 2},
    NumberField{"repeat_penalty", &Sampling::repeat_penalty, 0.01, 100},
    NumberField{"repetition_penalty", &Sampling::repeat_penalty, 0.01, 100},
};

Problem read_stop(JsonValue value, std::vector<std::string>& out) {
  out.clear();
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, {"stop"});
  if (type == JsonType::string) return read_string(value, {"stop"}, out.emplace_back());
  return read_list(value, {"stop"}, "a string or a list of strings",
                   [&](JsonValue item, const JsonPlace& at) -> Problem {
                     if (out.size() == kMaxStops) {
                       return wrong_type({"stop"}, "more strings",
                                         fmt::format("at most {}", kMaxStops));
                     }
                     return read_string(item, at, out.emplace_back());
                   });
}

Problem read_logit_bias(JsonValue value, Sampling& out) {
  out.logit_bias.clear();
  return read_object(value, {"logit_bias"}, [&](std::string_view key, JsonValue bias) -> Problem {
    std::int64_t id = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || end != key.data() + key.size() || id < 0 || id > kMaxBiasedId) {
      return wrong_type({"logit_bias"}, fmt::format("the key '{}'", key.substr(0, 40)),
                        "token ids as keys");
    }
    if (out.logit_bias.size() == kMaxBiases) {
      return wrong_type({"logit_bias"}, "more tokens", fmt::format("at most {}", kMaxBiases));
    }
    float& number = out.logit_bias.emplace_back(static_cast<text::TokenId>(id), 0.0f).second;
    return read_number(bias, {"logit_bias"}, -100, 100, number);
  });
}

Problem read_stream_options(JsonValue value, GenerationRequest& out) {
  const JsonPlace place{.field = "stream_options", .member = "include_usage"};
  return read_object(value, {"stream_options"},
                     [&](std::string_view key, JsonValue option) -> Problem {
                       if (key != "include_usage") return skip_json(option, {"stream_options"});
                       return read_flag(option, place, out.include_usage);
                     });
}

Problem read_seed(JsonValue value, GenerationRequest& out) {
  constexpr IntegerRange kAny{std::numeric_limits<std::int64_t>::min(),
                              std::numeric_limits<std::int64_t>::max()};
  std::int64_t seed = 0;
  if (Problem problem = read_integer(value, {"seed"}, kAny, seed)) return problem;
  out.wanted.sampling.seed = static_cast<std::uint64_t>(seed);
  out.has_seed = true;
  return {};
}

Problem read_top_k(JsonValue value, Sampling& out) {
  std::int64_t number = 0;  // -1 is another spelling of "all".
  if (Problem problem = read_integer(value, {"top_k"}, {.low = -1}, number)) return problem;
  out.top_k = static_cast<int>(std::max<std::int64_t>(number, 0));
  return {};
}

}  // namespace

std::optional<Problem> read_generation_field(std::string_view key, JsonValue value,
                                             GenerationRequest& out) {
  engine::GenerateRequest& wanted = out.wanted;
  for (const NumberField& field : kNumbers) {
    if (key != field.name) continue;
    return read_number(value, {key}, field.low, field.high, wanted.sampling.*field.member);
  }
  if (key == "top_k") return read_top_k(value, wanted.sampling);
  if (key == "max_tokens") return read_answer_limit(value, {key}, wanted.max_tokens);
  if (key == "stop") return read_stop(value, wanted.stop);
  if (key == "seed") return read_seed(value, out);
  if (key == "logit_bias") return read_logit_bias(value, wanted.sampling);
  if (key == "stream") return read_flag(value, {key}, out.is_stream);
  if (key == "stream_options") return read_stream_options(value, out);
  if (key == "ignore_eos") return read_flag(value, {key}, wanted.ignore_end);
  if (auto read = read_treatment_field(key, value, wanted.work_class, wanted.keep_alive)) {
    return read;
  }
  if (key == "n") {
    std::int64_t n = 1;
    Problem problem = read_integer(value, {key}, {1, kMaxChoices}, n);
    out.n = static_cast<int>(n);
    return problem;
  }
  return std::nullopt;
}

Problem read_answer_limit(JsonValue value, const JsonPlace& place, int& out) {
  std::int64_t number = 0;
  if (Problem problem = read_integer(value, place, {.low = -1}, number)) return problem;
  if (number == 0) return wrong_type(place, "0", "an integer from 1 on");
  out = number < 0 ? std::numeric_limits<int>::max() : static_cast<int>(number);
  return {};
}

Problem check_generation(const GenerationRequest& request, bool has_stream_options) {
  if (has_stream_options && !request.is_stream) {
    return bad_request("stream_options: is given, wanted only with 'stream': true",
                       "stream_options");
  }
  return {};
}

}  // namespace quern::serve
