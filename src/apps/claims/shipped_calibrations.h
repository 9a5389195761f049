// Calibrations that come with the program, each for the model whose digest it names.

#pragma once

#include <span>
#include <string_view>

#include "apps/claims/calibration.h"

namespace quern::apps {

/// As JSON. Made by bench/claim_quality.cpp --out.
std::span<const std::string_view> shipped_calibrations();

/// The one for the model of that digest, or else default_calibration().
Calibration calibration_for(std::string_view digest);

}  // namespace quern::apps
