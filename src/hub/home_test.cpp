#include <cstdlib>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "hub/hub.h"

namespace quern::hub {
namespace {

/// Sets or unsets an environment variable until destruction.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  ~ScopedVariable() { set(old_ ? old_->c_str() : nullptr); }

 private:
  void set(const char* value) { value == nullptr ? ::unsetenv(name_) : ::setenv(name_, value, 1); }
  const char* name_;
  std::optional<std::string> old_;
};

TEST(home_folder, the_first_variable_that_is_set_decides) {
  const ScopedVariable home("HOME", "/h");
  const ScopedVariable xdg("XDG_DATA_HOME", "/x");
  {
    const ScopedVariable quern("QUERN_HOME", "/q");
    EXPECT_EQ(home_folder(), "/q");
  }
  const ScopedVariable quern("QUERN_HOME", "");
  EXPECT_EQ(home_folder(), "/x/quern");
  {
    const ScopedVariable relative("XDG_DATA_HOME", "x");
    EXPECT_EQ(home_folder(), "/h/.local/share/quern");
  }
  const ScopedVariable none("XDG_DATA_HOME", nullptr);
  EXPECT_EQ(home_folder(), "/h/.local/share/quern");
  const ScopedVariable nobody("HOME", nullptr);
  EXPECT_TRUE(home_folder().ends_with("/.local/share/quern"));
}

}  // namespace
}  // namespace quern::hub
