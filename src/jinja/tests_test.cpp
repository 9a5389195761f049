// Tests (what stands behind "is"): jinja2's own results.

#include "jinja/test_render.h"

namespace quern::jinja {
namespace {

TEST(jinja_tests, types) {
  expect_renders({{"{{ x is defined }}", "False"},   {"{{ s is defined }}", "True"},
                  {"{{ x is undefined }}", "True"},  {"{{ none is none }}", "True"},
                  {"{{ 0 is none }}", "False"},      {"{{ true is boolean }}", "True"},
                  {"{{ 1 is boolean }}", "False"},   {"{{ true is true }}", "True"},
                  {"{{ 1 is true }}", "False"},      {"{{ false is false }}", "True"},
                  {"{{ 'a' is string }}", "True"},   {"{{ 1 is string }}", "False"},
                  {"{{ 1 is number }}", "True"},     {"{{ 1.5 is number }}", "True"},
                  {"{{ true is number }}", "True"},  {"{{ 'a' is number }}", "False"},
                  {"{{ 1 is integer }}", "True"},    {"{{ true is integer }}", "False"},
                  {"{{ 1.0 is integer }}", "False"}, {"{{ 1.0 is float }}", "True"},
                  {"{{ 1 is float }}", "False"},     {"{{ d is mapping }}", "True"},
                  {"{{ xs is mapping }}", "False"},  {"{{ xs is sequence }}", "True"},
                  {"{{ 'a' is sequence }}", "True"}, {"{{ d is sequence }}", "True"},
                  {"{{ 1 is sequence }}", "False"},  {"{{ xs is iterable }}", "True"},
                  {"{{ 1 is iterable }}", "False"},  {"{{ range is callable }}", "True"},
                  {"{{ 1 is callable }}", "False"}});
}

TEST(jinja_tests, numbers_and_order) {
  expect_renders({{"{{ 3 is odd }}", "True"},
                  {"{{ 3 is even }}", "False"},
                  {"{{ 0 is even }}", "True"},
                  {"{{ -3 is odd }}", "True"},
                  {"{{ 6 is divisibleby 3 }}", "True"},
                  {"{{ 7 is divisibleby(3) }}", "False"},
                  {"{{ 1 is eq 1.0 }}", "True"},
                  {"{{ 1 is equalto 2 }}", "False"},
                  {"{{ 1 is ne 2 }}", "True"},
                  {"{{ 1 is lt 2 }}", "True"},
                  {"{{ 2 is lessthan 1 }}", "False"},
                  {"{{ 2 is gt 1 }}", "True"},
                  {"{{ 2 is greaterthan 3 }}", "False"},
                  {"{{ 2 is le 2 }}", "True"},
                  {"{{ 2 is ge 3 }}", "False"},
                  {"{{ 'a' is lt 'b' }}", "True"},
                  {"{{ 1 is in xs }}", "True"},
                  {"{{ 9 is in xs }}", "False"},
                  {"{{ 'ell' is in s }}", "True"},
                  {"{{ 'b' is in d }}", "True"},
                  {"{{ 1 is not in xs }}", "False"},
                  {"{{ 3 is not odd }}", "False"}});
}

TEST(jinja_tests, texts_and_names) {
  expect_renders({{"{{ 'abc' is lower }}", "True"},
                  {"{{ 'aBc' is lower }}", "False"},
                  {"{{ 'ABC' is upper }}", "True"},
                  {"{{ '1' is upper }}", "False"},
                  {"{{ 'upper' is filter }}", "True"},
                  {"{{ 'nosuch' is filter }}", "False"},
                  {"{{ 'odd' is test }}", "True"},
                  {"{{ 'nosuch' is test }}", "False"},
                  {"{{ none is sameas none }}", "True"},
                  {"{{ 1 is sameas true }}", "False"}});
}

}  // namespace
}  // namespace quern::jinja
