#include "cli/tuning.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace quern::cli {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kMaxSetting = 1 << 20;

std::string settings_text(const TunedSettings& settings) {
  std::string text;
  const auto add = [&text](const char* name, int value) {
    if (value > 0) text += fmt::format(" --{} {}", name, value);
  };
  add("threads", settings.n_threads);
  add("batch-tokens", settings.batch_tokens);
  add("max-sequences", settings.max_sequences);
  if (!settings.precision.empty()) text += " --precision " + settings.precision;
  return text.empty() ? "the defaults" : text.substr(1);
}

Result<int> setting_of(const json& chosen, const char* name) {
  const auto found = chosen.find(name);
  if (found == chosen.end()) return 0;
  if (!found->is_number_integer() || found->get<double>() < 1 ||
      found->get<double>() > kMaxSetting) {
    return Status(
        Code::kBadInput,
        fmt::format("'{}' is {}, want a number from 1 to {}", name,
                    found->dump(-1, ' ', true, json::error_handler_t::replace), kMaxSetting));
  }
  return found->get<int>();
}

}  // namespace

std::vector<std::string> tuning_reasons(const Tuning& tuning) {
  std::vector<std::string> out;
  for (const TuningTrial& trial : tuning.trials) {
    const Comparison& r = trial.result;
    const char* unit = unit_of(tuning.service);
    out.push_back(fmt::format(
        "{} {}: {:.1f} against {:.1f} {}/s ({:+.1f} %, noise {:.1f} %, faster in {} of {} pairs)",
        trial.what, trial.is_taken ? "is taken" : "is not", r.rate_b, r.rate_a, unit,
        100 * (r.ratio - 1), 100 * r.noise, r.n_won, r.n_pairs));
  }
  if (tuning.chosen == TunedSettings{}) {
    out.emplace_back("the defaults stay: nothing was faster than they are by more than chance");
  } else {
    out.push_back(
        fmt::format("together, held against the defaults once more: {:.2f} times as fast "
                    "({:.1f} against {:.1f} {}/s, noise {:.1f} %)",
                    tuning.last.ratio, tuning.last.rate_b, tuning.last.rate_a,
                    unit_of(tuning.service), 100 * tuning.last.noise));
  }
  return out;
}

std::string tuning_text(const Tuning& tuning) {
  std::string out = fmt::format("{}, {}, on {} ({})\n", tuning.model, service_name(tuning.service),
                                tuning.cpu, tuning.isa);
  for (const std::string& reason : tuning_reasons(tuning)) out += "  " + reason + "\n";
  return out + "chosen: " + settings_text(tuning.chosen) + "\n";
}

std::string tuning_json(const Tuning& tuning) {
  ordered_json chosen = ordered_json::object();
  const auto add = [&chosen](const char* name, int value) {
    if (value > 0) chosen[name] = value;
  };
  add("threads", tuning.chosen.n_threads);
  add("batch-tokens", tuning.chosen.batch_tokens);
  add("max-sequences", tuning.chosen.max_sequences);
  if (!tuning.chosen.precision.empty()) chosen["precision"] = tuning.chosen.precision;
  ordered_json trials = ordered_json::array();
  for (const TuningTrial& trial : tuning.trials) {
    trials.push_back({{"what", trial.what},
                      {"rate", trial.result.rate_b},
                      {"rate_before", trial.result.rate_a},
                      {"ratio", trial.result.ratio},
                      {"noise", trial.result.noise},
                      {"pairs", trial.result.n_pairs},
                      {"won", trial.result.n_won},
                      {"taken", trial.is_taken}});
  }
  const ordered_json out = {
      {"quern_tuning", 1}, {"model", tuning.model},     {"service", service_name(tuning.service)},
      {"cpu", tuning.cpu}, {"isa", tuning.isa},         {"unit", unit_of(tuning.service)},
      {"chosen", chosen},  {"gain", tuning.last.ratio}, {"reasons", tuning_reasons(tuning)},
      {"trials", trials}};
  return out.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Result<TunedSettings> parse_tuned(std::string_view text) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || object.value("quern_tuning", json()) != 1) {
    return Status(Code::kBadInput, "is not what 'quern tune --out' writes");
  }
  const json chosen = object.value("chosen", json());
  if (!chosen.is_object()) return Status(Code::kBadInput, "'chosen' is no object");
  TunedSettings out;
  QUERN_ASSIGN(out.n_threads, setting_of(chosen, "threads"));
  QUERN_ASSIGN(out.batch_tokens, setting_of(chosen, "batch-tokens"));
  QUERN_ASSIGN(out.max_sequences, setting_of(chosen, "max-sequences"));
  const json precision = chosen.value("precision", json(""));
  if (!precision.is_string()) return Status(Code::kBadInput, "'precision' is no string");
  out.precision = precision.get<std::string>();
  for (const auto& [name, value] : chosen.items()) {
    if (name != "threads" && name != "batch-tokens" && name != "max-sequences" &&
        name != "precision") {
      return Status(Code::kBadInput, fmt::format("no setting '{}'", name));
    }
  }
  return out;
}

std::vector<int> tuning_steps(int least, int most) {
  std::vector<int> out;
  const auto add = [&](int value) {
    if (value >= least && value <= most) out.push_back(value);
  };
  add(least);
  for (int power = 1; power <= most; power *= 2) {
    add(power);
    if (power > 1) add(power + power / 2);
    if (power > most / 2) break;
  }
  add(most);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace quern::cli
