#include "apps/dialogue/predictor_form.h"

#include <bit>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "apps/json_object.h"

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;
using reservoir::NetworkSpec;

static_assert(std::endian::native == std::endian::little, "floats lie as they are");

constexpr std::int64_t kMaxWidth = 65'536;
constexpr std::int64_t kMaxFileLinks = 256;  // Of a unit: a file cannot ask for more memory.

/// Takes fields off an object; the first that is missing or wrong is remembered.
class Fields {
 public:
  explicit Fields(const json& object) : object_(object) {}

  std::int64_t integer(const char* name, std::int64_t least, std::int64_t most) {
    const json& value = field(name);
    if (!value.is_number_integer() || value < least || value > most) return fail(name, least);
    return value.get<std::int64_t>();
  }
  std::uint64_t natural(const char* name) {
    const json& value = field(name);
    return value.is_number_unsigned() ? value.get<std::uint64_t>()
                                      : static_cast<std::uint64_t>(fail(name, 0));
  }
  double number(const char* name) {
    const json& value = field(name);
    return value.is_number() ? value.get<double>() : static_cast<double>(fail(name, 0));
  }
  float single(const char* name) { return static_cast<float>(number(name)); }
  std::string text(const char* name) {
    const json& value = field(name);
    if (value.is_string()) return value.get<std::string>();
    fail(name, 0);
    return {};
  }
  const json& field(const char* name) const {
    static const json kNone;
    const auto found = object_.find(name);
    return found == object_.end() ? kNone : *found;
  }
  std::int64_t fail(const char* name, std::int64_t instead) {
    if (status_.ok()) {
      status_ = Status(Code::kBadInput, fmt::format("a predictor's \"{}\" is not right", name));
    }
    return instead;
  }
  const Status& status() const { return status_; }

 private:
  const json& object_;
  Status status_;
};

json json_of(const NetworkSpec& spec) {
  return {{"dynamics", reservoir::dynamics_name(spec.dynamics)},
          {"column", spec.wiring == reservoir::Wiring::kColumn},
          {"measured", spec.scaling == reservoir::Scaling::kMeasured},
          {"units", spec.n_units},
          {"links", spec.n_links},
          {"radius", spec.spectral_radius},
          {"leak", spec.leak},
          {"input_scale", spec.input_scale},
          {"input_density", spec.input_density},
          {"bias_scale", spec.bias_scale},
          {"sine", {spec.sine.amplitude, spec.sine.decay, spec.sine.omega}},
          {"spikes", {spec.spikes.keep, spec.spikes.threshold, spec.spikes.trace_keep}},
          {"inhibitory", spec.inhibitory},
          {"seed", spec.seed}};
}

bool are_three_numbers(const json& value) {
  return value.is_array() && value.size() == 3 && value[0].is_number() && value[1].is_number() &&
         value[2].is_number();
}

Result<NetworkSpec> spec_from(const json& object) {
  if (!object.is_object()) return {Code::kBadInput, "a predictor's reservoir is no object"};
  Fields in(object);
  NetworkSpec out;
  QUERN_ASSIGN(out.dynamics, reservoir::dynamics_from_name(in.text("dynamics")));
  const auto flag = [&](const char* name) {
    if (!in.field(name).is_boolean()) in.fail(name, 0);
    return in.field(name) == true;
  };
  if (flag("column")) out.wiring = reservoir::Wiring::kColumn;
  if (flag("measured")) out.scaling = reservoir::Scaling::kMeasured;
  out.n_units = static_cast<int>(in.integer("units", 1, reservoir::kMaxUnits));
  out.n_links = static_cast<int>(in.integer("links", 1, kMaxFileLinks));
  out.spectral_radius = in.single("radius");
  out.leak = in.single("leak");
  out.input_scale = in.single("input_scale");
  out.input_density = in.single("input_density");
  out.bias_scale = in.single("bias_scale");
  out.inhibitory = in.single("inhibitory");
  out.seed = in.natural("seed");
  const json &sine = in.field("sine"), &spikes = in.field("spikes");
  if (!are_three_numbers(sine)) in.fail("sine", 0);
  if (!are_three_numbers(spikes)) in.fail("spikes", 0);
  QUERN_TRY(in.status());
  out.sine = {.amplitude = sine[0].get<float>(),
              .decay = sine[1].get<float>(),
              .omega = sine[2].get<float>()};
  out.spikes = {.keep = spikes[0].get<float>(),
                .threshold = spikes[1].get<float>(),
                .trace_keep = spikes[2].get<float>()};
  return out;
}

Status read_confidence(const json& object, store::LogisticModel& out) {
  if (!object.is_object()) return {Code::kBadInput, "a predictor's confidence is no object"};
  Fields in(object);
  out.bias = in.number("bias");
  const json& weights = in.field("weights");
  if (!weights.is_array() || weights.size() != kChoiceSigns) in.fail("weights", 0);
  QUERN_TRY(in.status());
  for (const json& weight : weights) {
    if (!weight.is_number()) return {Code::kBadInput, "a predictor's weights are no numbers"};
    out.weights.push_back(weight.get<double>());
  }
  return {};
}

// How many inputs the readout has, before any memory is taken for them.
std::size_t width_of(const PredictorParts& parts) {
  const std::size_t units =
      parts.context.reservoir ? static_cast<std::size_t>(parts.context.reservoir->n_units) : 0;
  return static_cast<std::size_t>(parts.context.n_turns) * static_cast<std::size_t>(parts.d) +
         kTurnExtras + units;
}

}  // namespace

std::string bytes_from(std::span<const float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

Result<std::vector<float>> floats_from(std::span<const std::byte> bytes, std::size_t n) {
  if (bytes.size() != n * sizeof(float)) {
    return {Code::kBadInput, fmt::format("a predictor has {} bytes of numbers, wanted {}",
                                         bytes.size(), n * sizeof(float))};
  }
  std::vector<float> out(n);
  if (n > 0) std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

std::string facts_of(const PredictorParts& parts) {
  json out = {
      {"version", kPredictorVersion},
      {"d", parts.d},
      {"turns", parts.context.n_turns},
      {"prior", parts.prior},
      {"lambda", parts.lambda},
      {"rounds", parts.n_rounds},
      {"confidence", {{"weights", parts.confidence.weights}, {"bias", parts.confidence.bias}}}};
  if (parts.context.reservoir) out["reservoir"] = json_of(*parts.context.reservoir);
  return out.dump();
}

std::string numbers_of(const PredictorParts& parts) {
  return bytes_from(parts.readout.weights) + bytes_from(parts.readout.bias) +
         bytes_from(parts.mean);
}

Result<TurnPredictor> predictor_from(std::string_view facts, std::span<const std::byte> numbers) {
  QUERN_ASSIGN(const json object, object_from_json(facts));
  Fields in(object);
  const std::int64_t version = in.integer("version", 1, std::numeric_limits<std::int64_t>::max());
  QUERN_TRY(in.status());
  if (version != kPredictorVersion) {
    return {Code::kUnsupported, fmt::format("a predictor of version {}, this program reads {}",
                                            version, kPredictorVersion)};
  }
  PredictorParts parts;
  parts.d = static_cast<int>(in.integer("d", 1, kMaxWidth));
  parts.context.n_turns = static_cast<int>(in.integer("turns", 1, 16));
  parts.prior = in.number("prior");
  parts.lambda = in.number("lambda");
  parts.n_rounds = static_cast<int>(in.integer("rounds", 0, 1'000'000));
  QUERN_TRY(in.status());
  QUERN_TRY(read_confidence(in.field("confidence"), parts.confidence));
  if (object.contains("reservoir")) {
    QUERN_ASSIGN(parts.context.reservoir, spec_from(object["reservoir"]));
  }
  const auto d = static_cast<std::size_t>(parts.d);
  const std::size_t d_x = width_of(parts);
  QUERN_ASSIGN(const std::vector<float> all, floats_from(numbers, (d_x + 2) * d));
  const auto at = [&](std::size_t n) { return all.begin() + static_cast<std::ptrdiff_t>(n * d); };
  parts.readout = {.d_x = static_cast<int>(d_x), .d_y = parts.d};
  parts.readout.weights.assign(at(0), at(d_x));
  parts.readout.bias.assign(at(d_x), at(d_x + 1));
  parts.mean.assign(at(d_x + 1), at(d_x + 2));
  return TurnPredictor::from_parts(std::move(parts));
}

}  // namespace quern::apps
