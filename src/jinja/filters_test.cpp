// Filters of single values: jinja2's own results.

#include "jinja/test_render.h"

namespace quern::jinja {
namespace {

TEST(jinja_filters, texts_change_case_and_width) {
  expect_renders({{"{{ s | upper }}", "HELLO WORLD"},
                  {"{{ s | lower }}", "hello world"},
                  {"{{ 'hELLO wORLD' | title }}", "Hello World"},
                  {"{{ 'hELLO' | capitalize }}", "Hello"},
                  {"{{ 'ǆ ǆa ﬁx ßa ŉ' | title }}", "Ǆ Ǆa FIx SSa ʼN"},
                  {"{{ 'a-b (c [d {e <f' | title }}", "A-B (C [D {E <F"},
                  {"{{ 'ǆa' | capitalize }}", "ǅa"},
                  {"{{ '  x ' | trim }}", "x"},
                  {"{{ 'xxaxx' | trim('x') }}", "a"},
                  {"{{ 'a b' | replace('a', 'c') }}", "c b"},
                  {"{{ 'aaa' | replace('a', 'b', 2) }}", "bba"},
                  {R"({{ 'a\nb\n\nc' | indent }})", "a\n    b\n\n    c"},
                  {R"({{ 'a\nb' | indent(2, true) }})", "  a\n  b"},
                  {R"({{ 'a\n\nb' | indent(2, blank=true) }})", "a\n  \n  b"},
                  {R"({{ 'a\nb' | indent('> ') }})", "a\n> b"},
                  {"{{ s | length }}", "11"},
                  {"{{ u | length }}", "3"},
                  {"{{ xs | count }}", "3"},
                  {"{{ d | length }}", "3"},
                  {"{{ nothing | length }}", "0"},
                  {"{{ 'a b_c d-e' | wordcount }}", "4"},
                  {"{{ '' | wordcount }}", "0"},
                  {R"({{ '<a href="x">\'&' | escape }})", "&lt;a href=&#34;x&#34;&gt;&#39;&amp;"},
                  {"{{ '<' | e | e }}", "&lt;"},
                  {"{{ '<' | safe }}", "<"},
                  {"{{ '<' | forceescape }}", "&lt;"}});
}

TEST(jinja_filters, numbers_are_read_as_python_reads_them) {
  expect_renders({{"{{ '0x1f' | int(0, 16) }}", "31"},
                  {"{{ '1f' | int(0, 16) }}", "31"},
                  {"{{ '0x1f' | int(0, 0) }}", "31"},
                  {"{{ '0b11' | int(base=2) }}", "3"},
                  {"{{ '0o17' | int(0, 0) }}", "15"},
                  {"{{ '017' | int(7, 0) }}", "17"},
                  {"{{ '00' | int(7, 0) }}", "0"},
                  {"{{ '1_000' | int }}", "1000"},
                  {"{{ '1__0' | int(5) }}", "5"},
                  {"{{ '_1' | int(5) }}", "5"},
                  {"{{ '0x_f' | int(0, 16) }}", "15"},
                  {"{{ ' -12 ' | int }}", "-12"},
                  {"{{ '+7' | int }}", "7"},
                  {"{{ '+ 1' | int(4) }}", "4"},
                  {"{{ '--1' | int(4) }}", "4"},
                  {"{{ '+-1' | int(4) }}", "4"},
                  {"{{ 'z' | int(0, 36) }}", "35"},
                  {"{{ '12' | int(3, 1) }}", "12"},
                  {"{{ '12.7' | int(3, 16) }}", "12"},
                  {"{{ 'inf' | int(9) }}", "9"},
                  {"{{ 'nan' | int(9) }}", "9"},
                  {"{{ '1e3' | int }}", "1000"},
                  {"{{ '0x1f' | int }}", "0"},
                  {"{{ '' | int(2) }}", "2"},
                  {"{{ '1e400' | int(8) }}", "8"},
                  {"{{ 'ff' | int(default=1, base=16) }}", "255"},
                  {"{{ none | int(3) }}", "3"},
                  {"{{ [1] | int(3) }}", "3"},
                  {"{{ 3.9 | int }}", "3"},
                  {"{{ -3.9 | int }}", "-3"},
                  {"{{ true | int }}", "1"},
                  {"{{ '-0x1F' | int(0, 16) }}", "-31"},
                  {"{{ '0X1f' | int(0, 16) }}", "31"},
                  {"{{ '1.5' | float }}", "1.5"},
                  {"{{ 'x' | float }}", "0.0"},
                  {"{{ 'x' | float(2.5) }}", "2.5"},
                  {"{{ 3 | float }}", "3.0"},
                  {"{{ '-inf' | float }}", "-inf"},
                  {"{{ 'NaN' | float(1) }}", "nan"},
                  {"{{ '1_0.5' | float }}", "10.5"},
                  {"{{ '+1.5' | float }}", "1.5"},
                  {"{{ '.5' | float }}", "0.5"},
                  {"{{ '5.' | float }}", "5.0"},
                  {"{{ -3 | abs }}", "3"},
                  {"{{ -2.5 | abs }}", "2.5"},
                  {"{{ 2.5 | round }}", "2.0"},
                  {"{{ 3.5 | round }}", "4.0"},
                  {"{{ 2.675 | round(2) }}", "2.67"},
                  {"{{ 2.1 | round(method='ceil') }}", "3.0"},
                  {"{{ 2.9 | round(0, 'floor') }}", "2.0"},
                  {"{{ 7 | round }}", "7"},
                  {"{{ 2.123 | round(1, 'ceil') }}", "2.2"}});
}

TEST(jinja_filters, values_default_and_print) {
  expect_renders({{"{{ nothing | default('x') }}", "x"},
                  {"{{ '' | default('x') }}", ""},
                  {"{{ '' | default('x', true) }}", "x"},
                  {"{{ none | d('x') }}", "None"},
                  {"{{ 0 | d(1, boolean=true) }}|[{{ nothing | default }}]", "1|[]"},
                  {"{{ 3 | string }}", "3"},
                  {"{{ none | string }}", "None"},
                  {"{{ [1, 'a'] | string }}", "[1, 'a']"},
                  {"{{ true | string }}", "True"},
                  {"{{ d | items | list }}", "[('b', 1), ('A', 2), ('c', None)]"},
                  {"{{ nothing | items | list }}", "[]"},
                  {"{{ rows[0] | attr('n') }}", ""},
                  {"{{ '%s-%03d' | format('a', 7) }}", "a-007"}});
}

TEST(jinja_filters, json_is_written_as_transformers_writes_it) {
  expect_renders(
      {{"{{ d | tojson }}", R"({"b": 1, "A": 2, "c": null})"},
       {R"({{ [1, 2.0, true, none, 'é<"\\'] | tojson }})", R"([1, 2.0, true, null, "é<\"\\"])"},
       {"{{ 'é' | tojson(ensure_ascii=true) }}", R"("\u00e9")"},
       {"{{ [1, {'a': []}] | tojson(indent=2) }}", "[\n  1,\n  {\n    \"a\": []\n  }\n]"},
       {"{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}", R"({"a": 2, "b": 1})"},
       {"{{ [1, 2] | tojson(separators=(',', ':')) }}", "[1,2]"},
       {"{{ {1: 2, none: 3, true: 4} | tojson }}", R"({"1": 4, "null": 3})"}});
}

}  // namespace
}  // namespace quern::jinja
