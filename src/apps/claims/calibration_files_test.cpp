#include "apps/claims/calibration_files.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "base/test_folder.h"

namespace quern::apps {
namespace {

using ::testing::HasSubstr;

class calibration_files : public FolderTest {
 protected:
  static Calibration fitted() {
    Calibration out = default_calibration();
    out.model = "m";
    out.digest = std::string(64, 'b');
    out.fitted_on = "three claims";
    out.temperature = 1.7320508075688772;
    return out;
  }
};

}  // namespace

TEST_F(calibration_files, what_was_fitted_for_a_model_is_found_for_it_alone) {
  ASSERT_TRUE(save_calibration(folder_, fitted()).ok());
  const auto found = load_calibration(folder_, fitted().digest);
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_TRUE(*found);
  EXPECT_EQ(json_from_calibration(**found), json_from_calibration(fitted()));
  const auto other = load_calibration(folder_, std::string(64, 'c'));
  ASSERT_TRUE(other.ok());
  EXPECT_FALSE(*other);
}

TEST_F(calibration_files, a_file_of_another_model_or_damage_is_refused) {
  ASSERT_TRUE(save_calibration(folder_, fitted()).ok());
  const std::string other(64, 'c');
  std::filesystem::copy_file(calibration_path(folder_, fitted().digest),
                             calibration_path(folder_, other));
  EXPECT_EQ(load_calibration(folder_, other).status().code(), Code::kBadInput);
  write(calibration_path(folder_, other), "{");
  const auto damaged = load_calibration(folder_, other);
  EXPECT_EQ(damaged.status().code(), Code::kBadInput);
  EXPECT_THAT(damaged.status().message(), HasSubstr(other + ".json"));
}

}  // namespace quern::apps
