#include "serve/openai/encoder_fields.h"

#include "serve/openai/treatment_fields.h"

namespace quern::serve {

Problem EncoderFields::read_model(JsonValue value) {
  has_model_ = true;
  return read_string(value, {"model"}, out_.model);
}

Problem EncoderFields::read(std::string_view key, JsonValue value) {
  if (key == "max_tokens") return read_count(value, {key}, out_.max_tokens);
  if (key == "prompt_name") return read_string(value, {key}, out_.prompt_name);
  if (key == "prompt") return read_string(value, {key}, out_.prompt.emplace());
  if (key == "truncation" || key == "truncate") return read_cut(key, value);
  if (key == "truncation_side") {
    using enum text::TruncationSide;
    return read_choice<text::TruncationSide>(value, {key}, {{"right", kRight}, {"left", kLeft}},
                                             out_.truncation_side.emplace());
  }
  if (auto read = read_treatment_field(key, value, out_.work_class, out_.keep_alive)) return *read;
  return read_ignored(key, value, ignored_by_, warnings_);
}

/// Ours are "cut" and "refuse"; other servers say true and false, or which end goes (Cohere).
Problem EncoderFields::read_cut(std::string_view key, JsonValue value) {
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, {key});
  if (type == JsonType::boolean) {
    bool cuts = true;
    if (Problem problem = read_flag(value, {key}, cuts)) return problem;
    out_.truncation = cuts ? engine::Truncation::kCut : engine::Truncation::kRefuse;
    return {};
  }
  struct Cut {
    engine::Truncation truncation = engine::Truncation::kCut;
    std::optional<text::TruncationSide> side = {};
  } cut;
  const Cut refuse = {.truncation = engine::Truncation::kRefuse};
  if (Problem problem = read_choice<Cut>(value, {key},
                                         {{"cut", Cut()},
                                          {"refuse", refuse},
                                          {"NONE", refuse},
                                          {"END", {.side = text::TruncationSide::kRight}},
                                          {"START", {.side = text::TruncationSide::kLeft}}},
                                         cut)) {
    return problem;
  }
  out_.truncation = cut.truncation;
  if (cut.side) out_.truncation_side = cut.side;
  return {};
}

Problem EncoderFields::check() const {
  if (!has_model_) return bad_request("model: is missing, wanted a model's name", "model");
  if (out_.model.empty()) return bad_request("model: is empty, wanted a name", "model");
  return {};
}

}  // namespace quern::serve
