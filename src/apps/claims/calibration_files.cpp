#include "apps/claims/calibration_files.h"

#include <filesystem>

#include <fmt/format.h>

#include "base/mapped_file.h"
#include "base/part_file.h"

namespace quern::apps {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

}  // namespace

std::string calibration_path(const std::string& home, const std::string& digest) {
  return home + "/claims/calibrations/" + digest + ".json";
}

Status save_calibration(const std::string& home, const Calibration& calibration) {
  const std::string path = calibration_path(home, calibration.digest);
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) return {Code::kIo, fmt::format("cannot make the folder of '{}'", path)};
  QUERN_ASSIGN(PartFile file, PartFile::create(path, 0666));
  QUERN_TRY(file.write(json_from_calibration(calibration) + "\n"));
  return file.publish();
}

Result<std::optional<Calibration>> load_calibration(const std::string& home,
                                                    const std::string& digest) {
  const std::string path = calibration_path(home, digest);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::optional<Calibration>();
  const std::string quoted = "'" + path + "'";
  QUERN_ASSIGN(const std::string text, read_file(path, kMaxBytes));
  QUERN_ASSIGN(Calibration out, calibration_from_json(text).in(quoted));
  if (out.digest != digest) {
    return {Code::kBadInput, fmt::format("{} is of the model {:.12}", quoted, out.digest)};
  }
  return std::optional(std::move(out));
}

}  // namespace quern::apps
