// Calibrations that were fitted here, one for each model: home/claims/calibrations/DIGEST.json.

#pragma once

#include <optional>
#include <string>

#include "apps/claims/calibration.h"
#include "base/status.h"

namespace quern::apps {

std::string calibration_path(const std::string& home, const std::string& digest);

/// In place of what was fitted for the same model before. Errors: kIo.
Status save_calibration(const std::string& home, const Calibration& calibration);

/// Nothing where none was fitted. Errors: kIo; as calibration_from_json; kBadInput where the file
/// is another model's.
Result<std::optional<Calibration>> load_calibration(const std::string& home,
                                                    const std::string& digest);

}  // namespace quern::apps
