// Filters of lists: jinja2's own results.

#include "jinja/test_render.h"

namespace quern::jinja {
namespace {

TEST(jinja_list_filters, parts_are_taken_and_put_together) {
  expect_renders({{"{{ xs | first }}", "3"},
                  {"{{ xs | last }}", "2"},
                  {"{{ [] | first is defined }}", "False"},
                  {"{{ 'abc' | first }}", "a"},
                  {"{{ 'abc' | last }}", "c"},
                  {"{{ 'abc' | list }}", "['a', 'b', 'c']"},
                  {"{{ d | list }}", "['b', 'A', 'c']"},
                  {"{{ xs | join }}", "312"},
                  {"{{ xs | join(', ') }}", "3, 1, 2"},
                  {"{{ rows | join('+', attribute='n') }}", "x+Y+x"},
                  {"{{ 'abc' | join('-') }}", "a-b-c"},
                  {"{{ [1, none, 'x'] | join }}", "1Nonex"},
                  {"{{ 'aé日' | reverse }}", "日éa"},
                  {"{{ xs | reverse | list }}", "[2, 1, 3]"},
                  {"{{ [1, 2, 3, 4, 5] | batch(2) | list }}", "[[1, 2], [3, 4], [5]]"},
                  {"{{ [1, 2, 3] | batch(2, 'x') | list }}", "[[1, 2], [3, 'x']]"},
                  {"{{ [1, 2, 3, 4, 5] | slice(3) | list }}", "[[1, 2], [3, 4], [5]]"},
                  {"{{ [1, 2, 3, 4] | slice(3, '-') | list }}", "[[1, 2], [3, '-'], [4, '-']]"}});
}

TEST(jinja_list_filters, order_and_choice) {
  expect_renders(
      {{"{{ xs | sort }}", "[1, 2, 3]"},
       {"{{ words | sort }}", "['A', 'b', 'c']"},
       {"{{ words | sort(case_sensitive=true) }}", "['A', 'b', 'c']"},
       {"{{ xs | sort(reverse=true) }}", "[3, 2, 1]"},
       {"{{ rows | sort(attribute='k') | map(attribute='k') | list }}", "[1, 2, 3]"},
       {"{{ rows | sort(attribute='n') | map(attribute='k') | list }}", "[2, 3, 1]"},
       {"{{ d | dictsort }}", "[('A', 2), ('b', 1), ('c', None)]"},
       {"{{ d | dictsort(true) }}", "[('A', 2), ('b', 1), ('c', None)]"},
       {"{{ {'a': 2, 'b': 1} | dictsort(by='value') }}", "[('b', 1), ('a', 2)]"},
       {"{{ {'a': 2, 'b': 1} | dictsort(reverse=true) }}", "[('b', 1), ('a', 2)]"},
       {"{{ xs | min }}", "1"},
       {"{{ xs | max }}", "3"},
       {"{{ words | min }}", "A"},
       {"{{ words | max(case_sensitive=true) }}", "c"},
       {"{{ rows | max(attribute='k') }}", "{'n': 'x', 'k': 3}"},
       {"{{ [] | min is defined }}", "False"},
       {"{{ xs | sum }}", "6"},
       {"{{ rows | sum(attribute='k') }}", "6"},
       {"{{ xs | sum(start=10) }}", "16"},
       {"{{ [] | sum }}", "0"},
       {"{{ [0.5, 1] | sum }}", "1.5"},
       {"{{ ['a', 'A', 'b'] | unique | list }}", "['a', 'b']"},
       {"{{ ['a', 'A'] | unique(true) | list }}", "['a', 'A']"},
       {"{{ rows | unique(attribute='n') | map(attribute='k') | list }}", "[2, 1]"},
       {"{{ words | map('upper') | list }}", "['B', 'A', 'C']"},
       {"{{ rows | map(attribute='z', default='-') | list }}", "['-', '-', '-']"},
       {"{{ rows | map(attribute='k') | list }}", "[2, 1, 3]"},
       {"{{ ['1', 'x'] | map('int', 9) | list }}", "[1, 9]"},
       {"{{ [0, 1, 2] | select | list }}", "[1, 2]"},
       {"{{ xs | select('odd') | list }}", "[3, 1]"},
       {"{{ xs | reject('gt', 1) | list }}", "[1]"},
       {"{{ rows | selectattr('n', 'equalto', 'x') | map(attribute='k') | list }}", "[2, 3]"},
       {"{{ rows | rejectattr('k', '>', 1) | map(attribute='n') | list }}", "['Y']"}});
}

TEST(jinja_list_filters, groupby_sorts_and_gathers) {
  expect_renders({{"{% for g in rows | groupby('n') %}{{ g.grouper }}:{{ g.list | "
                   "map(attribute='k') | list }};{% endfor %}",
                   "x:[2, 3];Y:[1];"},
                  {"{% for k, v in rows | groupby('k') %}{{ k }}={{ v | length }};{% endfor %}",
                   "1=1;2=1;3=1;"},
                  {"{% for k, v in [{'a': 'x'}, {'a': 'X'}, {'a': 'b'}] | groupby('a') %}{{ k "
                   "}}={{ v | length }};{% endfor %}",
                   "b=1;x=2;"},
                  {"{% for k, v in [{'a': 'x'}, {'a': 'X'}, {'a': 'b'}] | groupby('a', "
                   "case_sensitive=true) %}{{ k }}={{ v | length }};{% endfor %}",
                   "X=1;b=1;x=1;"},
                  {"{% for k, v in [{'a': 'x'}, {'c': 1}] | groupby('a', default='none') %}{{ k "
                   "}}={{ v | length }};{% endfor %}",
                   "none=1;x=1;"},
                  {"{{ [{'a': 1}] | groupby('a') }}", "[(1, [{'a': 1}])]"},
                  {"{{ ['ab', 'b', 'ac'] | groupby(0) }}", "[('a', ['ab', 'ac']), ('b', ['b'])]"},
                  {"{{ [] | groupby('a') }}", "[]"},
                  {"{{ ([{'a': {'b': 1}}] | groupby('a.b') | first).grouper }}", "1"},
                  {"{{ ([{'a': 1}] | groupby('a') | first)[1] }}", "[{'a': 1}]"}});
}

TEST(jinja_list_filters, mistakes_are_errors) {
  expect_errors({"{{ [{'a': 'x'}, {'c': 1}] | groupby('a') }}", "{{ [1, 'a'] | sort }}",
                 "{{ 3 | dictsort }}", "{{ [1, none] | max }}"});
}

}  // namespace
}  // namespace quern::jinja
