// Methods of text, dicts and lists: Python's own results.

#include "jinja/test_render.h"

namespace quern::jinja {
namespace {

TEST(jinja_strings, texts_are_stripped_and_split) {
  expect_renders(
      {{"{{ '  a b ' .strip() }}", "a b"},
       {"{{ 'xxaxy'.strip('xy') }}|[{{ ' a '.lstrip() }}]|[{{ ' a '.rstrip() }}]", "a|[a ]|[ a]"},
       {"{{ 'éaé'.strip('é') }}", "a"},
       {"{{ t.split(',') }}", "['a', 'b', '', 'c']"},
       {"{{ ' a  b '.split() }}", "['a', 'b']"},
       {"{{ 'a b c'.split(' ', 1) }}", "['a', 'b c']"},
       {"{{ 'a b c'.split(none, 1) }}", "['a', 'b c']"},
       {"{{ 'a,b,c'.rsplit(',', 1) }}", "['a,b', 'c']"},
       {"{{ ''.split(',') }}", "['']"},
       {"{{ ''.split() }}", "[]"},
       {R"({{ 'a\nb\r\nc\n'.splitlines() }})", "['a', 'b', 'c']"},
       {R"({{ 'a\nb'.splitlines(true) }})", R"(['a\n', 'b'])"},
       {"{{ 'a=b=c'.partition('=') }}", "('a', '=', 'b=c')"},
       {"{{ 'a=b=c'.rpartition('=') }}", "('a=b', '=', 'c')"},
       {"{{ 'a'.partition('=') }}", "('a', '', '')"},
       {"{{ 'a'.rpartition('=') }}", "('', '', 'a')"},
       {"{{ 'abc'.removeprefix('a') }}", "bc"},
       {"{{ 'abc'.removesuffix('bc') }}", "a"},
       {"{{ 'abc'.removeprefix('x') }}", "abc"}});
}

TEST(jinja_strings, texts_are_searched) {
  expect_renders({{"{{ s.startswith('He') }}", "True"},
                  {"{{ s.endswith(('x', 'ld')) }}", "True"},
                  {"{{ s.startswith(('x', 'y')) }}", "False"},
                  {"{{ s.find('o') }}", "4"},
                  {"{{ s.rfind('o') }}", "7"},
                  {"{{ s.find('z') }}", "-1"},
                  {"{{ u.find('𝔘') }}", "2"},
                  {"{{ s.index('W') }}", "6"},
                  {"{{ s.rindex('l') }}", "9"},
                  {"{{ 'banana'.count('an') }}", "2"},
                  {"{{ 'aaa'.count('aa') }}", "1"}});
}

TEST(jinja_strings, case_is_pythons) {
  expect_renders({{"{{ 'ǆa ﬁx ßa ΰ ŉ ǰ'.upper() }}", "ǄA FIX SSA Ϋ́ ʼN J̌"},
                  {R"({{ 'ǆa ǆ ﬁx ßa it\'s'.title() }})", "ǅa ǅ Fix Ssa It'S"},
                  {"{{ 'ǆa ﬁx'.capitalize() }}", "ǅa ﬁx"},
                  {"{{ 'İI'.lower() }}", "i̇i"},
                  {"{{ 'ﬀA'.capitalize() }}", "Ffa"},
                  {"{{ 'abc'.islower() }}", "True"},
                  {"{{ 'aB'.islower() }}", "False"},
                  {"{{ 'AB1'.isupper() }}", "True"},
                  {"{{ '1'.isupper() }}", "False"},
                  {"{{ '12'.isdigit() }}", "True"},
                  {"{{ ''.isdigit() }}", "False"},
                  {"{{ 'aé'.isalpha() }}", "True"},
                  {"{{ 'a1'.isalnum() }}", "True"},
                  {R"({{ ' \n'.isspace() }})", "True"},
                  {"{{ ''.isspace() }}", "False"},
                  {"{{ 'a-'.isalnum() }}", "False"}});
}

TEST(jinja_strings, texts_are_joined_and_replaced) {
  expect_renders(
      {{"{{ ', '.join(words) }}", "b, A, c"},
       {"{{ ''.join([]) }}", ""},
       {"{{ '-'.join('abc') }}", "a-b-c"},
       {"{{ 'aXbX'.replace('X', '') }}", "ab"},
       {"{{ 'aaa'.replace('a', 'bb', 2) }}", "bbbba"},
       {"{{ '{} {1} {x}'.format('p', 'q', x=3) if false else '{} {x} {{}}'.format('p', x=3) }}",
        "p 3 {}"},
       {"{{ '{1}{0}'.format('a', 'b') }}", "ba"}});
}

TEST(jinja_strings, dicts_and_lists_have_methods) {
  expect_renders({{"{{ d.get('b') }}", "1"},
                  {"{{ d.get('z') }}", "None"},
                  {"{{ d.get('z', 5) }}", "5"},
                  {"{{ d.keys() | list }}", "['b', 'A', 'c']"},
                  {"{{ d.values() | list }}", "[1, 2, None]"},
                  {"{{ d.items() | list }}", "[('b', 1), ('A', 2), ('c', None)]"},
                  {"{{ xs.index(1) }}", "1"},
                  {"{{ [1, 2, 1].count(1) }}", "2"}});
}

TEST(jinja_strings, mistakes_are_errors) {
  expect_errors({"{{ s.index('z') }}", "{{ 'a'.split('') }}", "{{ ','.join([1]) }}",
                 "{{ xs.index(9) }}", "{{ '{} {}'.format('a') }}"});
}

}  // namespace
}  // namespace quern::jinja
