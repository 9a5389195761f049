#include "apps/claims/calibration.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace quern::apps {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;
// No fit goes beyond, and products stay finite.
constexpr double kLargest = 1e9;

Status bad(const std::string& what) { return {Code::kBadInput, "the calibration: " + what}; }

Result<double> number_of(const json& object, const char* name, double least) {
  const auto found = object.find(name);
  const bool is_right = found != object.end() && found->is_number() &&
                        found->get<double>() >= least && found->get<double>() <= kLargest;
  if (is_right) return found->get<double>();
  return bad(fmt::format("no number \"{}\" from {:g} to {:g}", name, least, kLargest));
}

Result<std::string> text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return bad(fmt::format("no text \"{}\"", name));
  return found->get<std::string>();
}

Result<CalibrationReport> report_of(const json& object) {
  if (!object.is_object()) return bad("\"report\" is no object");
  CalibrationReport report;
  QUERN_ASSIGN(const double n_claims, number_of(object, "claims", 0));
  report.n_claims = static_cast<std::size_t>(n_claims);
  QUERN_ASSIGN(report.accuracy, number_of(object, "accuracy", 0));
  QUERN_ASSIGN(report.ece, number_of(object, "ece", 0));
  QUERN_ASSIGN(report.brier, number_of(object, "brier", 0));
  return report;
}

}  // namespace

Calibration default_calibration() { return {}; }

std::string json_from_calibration(const Calibration& calibration) {
  const CalibrationReport& report = calibration.report;
  const json out = {{"version", kVersion},
                    {"model", calibration.model},
                    {"digest", calibration.digest},
                    {"fitted_on", calibration.fitted_on},
                    {"temperature", calibration.temperature},
                    {"report",
                     {{"claims", report.n_claims},
                      {"accuracy", report.accuracy},
                      {"ece", report.ece},
                      {"brier", report.brier}}}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Calibration> calibration_from_json(std::string_view text) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return bad("no JSON object");
  QUERN_ASSIGN(const double version, number_of(object, "version", 1));
  if (version > kVersion) {
    return Status(Code::kUnsupported,
                  fmt::format("the calibration is of version {:g}, this program reads {}", version,
                              kVersion));
  }
  Calibration out;
  QUERN_ASSIGN(out.model, text_of(object, "model"));
  QUERN_ASSIGN(out.digest, text_of(object, "digest"));
  QUERN_ASSIGN(out.fitted_on, text_of(object, "fitted_on"));
  QUERN_ASSIGN(out.temperature, number_of(object, "temperature", 1e-3));
  if (!object.contains("report")) return bad("no \"report\"");
  QUERN_ASSIGN(out.report, report_of(object["report"]));
  return out;
}

}  // namespace quern::apps
