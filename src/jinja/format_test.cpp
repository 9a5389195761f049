// "%" and format: Python's own results.

#include "jinja/test_render.h"

namespace quern::jinja {
namespace {

TEST(jinja_format, percent) {
  expect_renders({{"{{ '%s %r' % ('a', 'b') }}", "a 'b'"},
                  {"{{ '%d%%' % 5 }}", "5%"},
                  {"{{ '%5d|%-5d|%05d|%+d' % (1, 2, 3, 4) }}", "    1|2    |00003|+4"},
                  {"{{ '%.2f' % 2.345 }}", "2.35"},
                  {"{{ '%8.3f' % 3.14159 }}", "   3.142"},
                  {"{{ '%x' % 255 }}", "ff"},
                  {"{{ '%i' % 3.9 }}", "3"},
                  {"{{ '%5s|%-5s|%.2s' % ('é', 'b', 'abc') }}", "    é|b    |ab"},
                  {"{{ '%s' % [1, 2] }}", "[1, 2]"},
                  {"{{ '%s' % none }}", "None"},
                  {"{{ '%s' % (('a', 1),) }}", "('a', 1)"},
                  {"{{ 'x' % [] }}", "x"}});
}

TEST(jinja_format, braces) {
  expect_renders({{"{{ '{} {}'.format(1, 'a') }}", "1 a"},
                  {"{{ '{1}{0}{1}'.format('a', 'b') }}", "bab"},
                  {"{{ '{x}'.format(x=none) }}", "None"},
                  {"{{ '{{}}{}'.format(1) }}", "{}1"},
                  {"{{ ''.format() }}", ""}});
}

TEST(jinja_format, mistakes_are_errors) {
  expect_errors({"{{ '%d' % 'a' }}", "{{ '%s %s' % 'a' }}", "{{ '%s' % ('a', 'b') }}",
                 "{{ '%' % 1 }}", "{{ '{'.format() }}", "{{ '{}'.format() }}"});
}

}  // namespace
}  // namespace quern::jinja
