// Functions and blocks that call: jinja2's own results.

#include "jinja/test_render.h"

namespace quern::jinja {
namespace {

TEST(jinja_functions, ranges) {
  expect_renders({{"{{ range(3) | list }}", "[0, 1, 2]"},
                  {"{{ range(1, 4) | list }}", "[1, 2, 3]"},
                  {"{{ range(5, 0, -2) | list }}", "[5, 3, 1]"},
                  {"{{ range(0) | list }}", "[]"},
                  {"{{ range(3, 1) | list }}", "[]"}});
}

TEST(jinja_functions, dicts_and_namespaces) {
  expect_renders(
      {{"{{ dict(a=1, b='x') }}|{{ dict({'a': 1}, b=2) }}|{{ dict([('a', 1)]) }}|{% set n = "
        "namespace(x=1) %}{% for i in xs %}{% set n.x = n.x + i %}{% endfor %}{{ n.x }}|{{ n.y is "
        "defined }}",
        "{'a': 1, 'b': 'x'}|{'a': 1, 'b': 2}|{'a': 1}|7|False"}});
}

TEST(jinja_functions, macros_have_callers) {
  expect_renders(
      {{"{% macro f(x) %}<{{ x }}{{ caller() }}>{% endmacro %}{% call f(1) %}body{% endcall %}",
        "<1body>"},
       {"{% macro f() %}{% for i in [1, 2] %}{{ caller(i, b=i * 2) }}{% endfor %}{% endmacro %}{% "
        "set z = 9 %}{% call(a, b=0) f() %}[{{ a }},{{ b }},{{ z }}]{% endcall %}",
        "[1,2,9][2,4,9]"},
       {"{% macro f() %}{{ caller is defined }}{% endmacro %}{{ f() }}{% call f() %}{% endcall %}",
        "FalseTrue"},
       {"{% macro f(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}|{{ f(1, 3) }}|{{ f(b=4, a=5) "
        "}}|{{ f() }}",
        "12|13|54|2"}});
}

TEST(jinja_functions, loops_know_what_changed) {
  expect_renders(
      {{"{% for x in [1, 1, 2, 2, 1] %}{% if loop.changed(x) %}{{ x }}{% endif %}{% endfor %}",
        "121"},
       {"{% for x in [1, 1, 2] %}{{ loop.changed(x, 3) }} {% endfor %}|{% for x in [1, 1] %}{{ "
        "loop.changed() }} {% endfor %}",
        "True False True |True False "},
       {"{% for x in [[1], [1], [2]] %}{{ loop.changed(x) }} {% endfor %}", "True False True "},
       {"{% for y in [1, 2] %}{% for x in [1, 1] %}{{ loop.changed(x) }} {% endfor %}{% endfor %}",
        "True False True False "},
       {"{% for x in [1, 1] %}{{ loop.changed(x) }}{{ loop.changed(x + 1) }} {% endfor %}",
        "TrueTrue TrueTrue "},
       {"{% for x in xs %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.first }}{{ "
        "loop.last }}{{ loop.length }}{{ loop.cycle('a', 'b') }}{{ loop.previtem }}{{ "
        "loop.nextitem }};{% endfor %}",
        "103TrueFalse3a1;212FalseFalse3b32;321FalseTrue3a1;"}});
}

TEST(jinja_functions, mistakes_are_errors) {
  expect_errors({"{{ range(1, 2, 0) }}", "{{ range() }}", "{{ nosuch() }}",
                 "{{ raise_exception('no') }}", "{% call 3 %}{% endcall %}",
                 "{% call nosuch() %}{% endcall %}", "{{ dict(3) }}"});
}

}  // namespace
}  // namespace quern::jinja
