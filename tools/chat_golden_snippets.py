"""Small templates for make_chat_golden.py: each with the conversations it is rendered with.

Every line is a template of its own; those of WHOLE have several lines.
"""

EXPRESSIONS = r"""
{{ 1 + 2 * 3 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 1e16 }} {{ 0.1 + 0.2 }} {{ 3.0 }} {{ -2 ** 2 }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 3 > 2 >= 2 == 2 }} {{ 1 in [1] == true }} {{ 1 == 1.0 }} {{ true == 1 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ not 1 == 2 }} {{ 1 != 2 != 1 }}
{{ 5e-324 }} {{ 1.7976931348623157e308 }} {{ 1e22 }} {{ 123456789012345680.0 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1.0 / 3 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 2 ** -1 }} {{ 2 ** 0.5 }}
{{ 'a' ~ 1 ~ none ~ true }} {{ 'ab' * 3 }} {{ [1, 'x', none, true, 1.5] }} {{ {'a': [1], 'b': 'it\'s'} }} {{ (1,) }} {{ () }} {{ 'a' ~ missing ~ 'b' }} {{ 1 ~ 2 * 3 }}
{{ "é漢"[0] }}{{ "é漢"[-1] }}{{ "abcdef"[1:4] }}{{ "abcdef"[::-1] }}{{ [1, 2, 3][::2] }}{{ [1, 2, 3][5] }}{{ "a漢c"[::-1] }}{{ "漢字かな"[1:3] }}{{ 'abc'[-2:] }}{{ 'abc'[:-1] }}{{ 'abc'[9:] }}{{ 'abc'[-9:2] }}{{ [1, 2, 3][-1:0:-1] }}
{{ missing is defined }} {{ missing }} {{ messages is defined }} {{ none is none }} {{ 'x' is string }} {{ 1 is number }} {{ {} is mapping }} {{ [] is iterable }} {{ not true is false }} {{ 1.5 is float }} {{ true is number }} {{ true is integer }} {{ true is boolean }} {{ none is defined }} {{ 'x' is sequence }} {{ {} is sequence }} {{ none is iterable }} {{ missing is iterable }} {{ missing is none }} {{ 'a' is lower }} {{ 'A1' is upper }} {{ '1' is lower }}
{{ 5 is odd }}{{ 4 is divisibleby 2 }}{{ 4 is divisibleby(3) }}{{ 1 in [1] }}{{ 'a' is in ['a'] }}{{ 'a' is not in ['a'] }}{{ true | string }}{{ 'a<b' | e }} {{ 1 is sameas 1 }} {{ 1 is sameas true }} {{ 3 is gt 2 }} {{ 3 is eq(3) }} {{ range is callable }} {{ 'x' is callable }} {{ 0 is even }}
{{ tools | tojson }} {{ tools | tojson(indent=2) }} {{ "a\"\n</é" | tojson }} {{ {} | tojson(indent=4) }} {{ [1.0, 1e20, true, none] | tojson }} {{ 'é🙂\x7f' | tojson(ensure_ascii=true) }} {{ {'b': 1, 'a': [2]} | tojson(sort_keys=true) }} {{ {'a': [1, 2]} | tojson(separators=(',', ':')) }} {{ [[], {}] | tojson(indent=1) }} {{ {1: 2, true: 3, none: 4} | tojson }}
{{ ' a b '.strip() }}|{{ ' a b '.lstrip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'a,b,c'.split(',') }}|{{ ' a  b '.split() }}|{{ 'a.b.c'.rsplit('.', 1) }}|{{ 'a--b'.split('-', 1)[-1] }}|{{ 'a b  c '.split(none, 1) }}|{{ 'a\nb\r\nc\n'.splitlines() }}|{{ 'k=v=w'.partition('=') }}|{{ 'k=v=w'.rpartition('=') }}|{{ 'x'.partition('=') }}
{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'b' in 'abc' }} {{ 'z' not in ['a'] }} {{ 'a' in {'a': 1} }} {{ 'hello'.replace('l', 'L', 1) }} {{ 'hello world'.title() }} {{ 'ÉCOLE'.lower() }} {{ 'école'.capitalize() }} {{ 'straße'.upper() }} {{ "they're bill's".title() }} {{ "they're bill's-x (y" | title }} {{ 'aXb'.find('X') }} {{ 'a'.find('z') }} {{ 'abab'.rfind('b') }} {{ 'abab'.count('ab') }} {{ '12'.isdigit() }} {{ 'a1'.isalnum() }} {{ 'ab'.isalpha() }} {{ ' '.isspace() }} {{ 'Ab'.isupper() }} {{ ', '.join(['a', 'b']) }} {{ 'prefix'.removeprefix('pre') }} {{ 'a'.removesuffix('b') }} {{ '' in 'a' }}
{{ messages | map(attribute='role') | join(', ') }} {{ messages | selectattr('role', 'equalto', 'user') | list | length }} {{ messages | rejectattr('role', 'in', ['user']) | map(attribute='content') | list }} {{ [3, 1, 2] | sort }} {{ ['b', 'A', 'c'] | sort(reverse=true) | join }} {{ [1, 2] | first }}{{ [1, 2] | last }} {{ ['a', 'b'] | map('upper') | list }} {{ messages | selectattr('tool_calls', 'defined') | list | length }} {{ messages | selectattr('content') | list | length }} {{ messages | map(attribute='name', default='?') | list }} {{ [0, 1, none, 'a', ''] | select | list }} {{ [1, 2, 3, 4] | select('odd') | list }} {{ [1, 2, 3, 4] | reject('gt', 2) | list }} {{ messages | map(attribute='role') | unique | list }}
{{ missing | default('d') }} {{ '' | default('e', true) }} {{ none | default('f') }} {{ '3' | int + 1 }} {{ 'x' | int(9) }} {{ '2.5' | float }} {{ 3.7 | int }} {{ ' 42 ' | int }} {{ '3.9' | int }} {{ -3 | abs }} {{ 'a\nb' | indent(2) }} {{ 'a\n\nb\n' | indent(2, true) }} {{ 'a\n\nb' | indent(1, blank=true) }} {{ 'a\nb' | indent('>') }} {{ [1, [2]] | string | length }} {{ {'b': 1, 'a': 2} | dictsort }} {{ {'b': 1, 'a': 2} | dictsort(by='value') }} {{ {'b': 1, 'a': 2} | dictsort(reverse=true) }} {{ none | trim }} {{ 5 | string ~ 'x' }} {{ none | upper }}
{{ 2.5 | round }} {{ 2.675 | round(2) }} {{ 2.1 | round(0, 'ceil') }} {{ 3.99 | round(1, 'floor') }} {{ 7 | round }} {{ [1, 2, 3] | sum }} {{ [{'n': 2}, {'n': 3}] | sum(attribute='n') }} {{ [3, 9, 1] | max }} {{ ['b', 'A'] | min }} {{ [1, 2, 3] | reverse | list }} {{ 'abc' | reverse }} {{ 'a b c' | wordcount }} {{ [1, 2, 3] | batch(2) | list }} {{ [1, 2, 3] | batch(2, 0) | list }} {{ [1, 2, 3, 4, 5] | slice(2) | list }} {{ [1, 2, 3, 4, 5] | slice(3, 0) | list }} {{ ['a', 'A', 'b'] | unique | list }} {{ {'a': 1} | items | list }} {{ {'a': 1} | list }} {{ 'ab' | list }} {{ {'k': 'v'} | attr('nothing') is defined }} {{ [1, 2] | join('-') }} {{ [{'a': {'b': 1}}] | map(attribute='a.b') | list }} {{ [[1, 2], [3, 4]] | map('last') | list }} {{ [[2, 'a'], [1, 'b']] | sort(attribute=1) | list }} {{ 'a-b' | replace('-', '+') }} {{ 'X' | lower }} {{ messages | length }} {{ messages | count }} {{ '<' | safe }}
{{ none.x is undefined }} {{ messages.nothing is defined }} {{ 'x'.y is undefined }} {{ {'items': 1}['items'] }} {{ {'a': {'b': [10, 20]}}.a.b[1] }} {{ {'a': 1}['z'] is defined }} {{ [1, 2].0 }} {{ {'get': 5}.get('get') }} {{ {'a b': 1}['a b'] }} {{ {1: 'x'}[1] }} {{ 'abc'['upper']() }}
{{ 'yes' if messages else 'no' }}{{ 'only' if false }} {{ 1 if none else 2 if false else 3 }} {{ (1 > 0) and 'and' }} {{ '' or 'or' }} {{ 2 >= 3 }} {{ 1 and 0 or 'x' }} {{ not none and 1 }} {{ [] or {} or 'last' }} {{ 'a' if 1 in [1] and not 2 in [1] else 'b' }}
{{ "tab\there" }} {{ 'q\'uote' }} {{ "A\x41\u00e9" }} {{ '\\n' }} {{ 'a' 'b' }} {{ bos_token }}{{ eos_token + '\n' }} {{ 'uses "both" \'kinds\'' | list | length }} {{ ['it\'s', 'a "b"', 'both \' "', 'n\n\t\\'] }}
{{ range(3) | list }} {{ range(1, 7, 2) | list }} {{ range(3, 0, -1) | list }} {{ dict(a=1) }} {{ dict({'a': 1}, a=2, b=3) }} {{ dict([('x', 1)]) }} {{ [1, 2] + [3] }} {{ [1] * 2 }} {{ 'x' ~ [1] }} {{ {'a': 1}['a'] }} {{ {'a': 1}.get('b', 5) }} {{ {'a': 1}.get('b') }} {{ {'a': 1}.keys() | list }} {{ {'a': 1}.values() | list }} {{ {'a': 1, 'a': 2} }} {{ (1, 2) + (3,) }} {{ [1, 2, 1].count(1) }} {{ [4, 5].index(5) }}
{{ '<' | safe + '<' }} {{ '<' + '<' | safe + '"' }} {{ ('<' | e) + '>' }} {{ ['<' | e] }} {{ '<' | e | e }} {{ '<' | safe ~ '<' }} {{ [1] | safe + '&' }} {{ ('a' | safe) == 'a' }} {{ ('<' | safe) is string }} {{ '<' | safe | tojson }}
{{ strftime_now('%d %b %Y') }} {{ strftime_now("%Y-%m-%d") }} {{ strftime_now('%B %-d, 100%%') }}
{{ 1_000 }} {{ (1, 2)[0] }} {{ [[1, 2], [3]][0][1] }} {{ -1 | abs }} {{ -messages | length if false else 'skipped' }} {{ (-5) | abs }} {{ 10 - 2 - 3 }} {{ 2 * 3 % 4 }} {{ 'a' 'b' ~ 'c' | upper }} {{ not false and true }}
{{ messages[0].role }} {{ messages[-1]['role'] }} {{ messages[1:] | length }} {{ (messages | last).role }} {{ messages[0]['nothing'] is none }} {{ messages[99] is defined }} {{ (messages[99] or {}).role is defined }}
""".strip("\n").split("\n")

STATEMENTS = r"""
{% for m in messages %}{{ loop.index }}/{{ loop.length }}{{ ',' if not loop.last }}{{ loop.cycle('a', 'b') }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.depth }}{{ loop.depth0 }}{% else %}none{% endfor %}
{% for m in messages if m.role == 'user' %}[{{ m['content'] }}]{% if loop.first %}F{% endif %}{{ loop.length }}{% else %}nobody{% endfor %}
{% for m in messages if m.role == 'nobody' %}x{% else %}nobody{% endfor %}
{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %}{% for (a, b) in [(1, 2)] %}{{ a + b }}{% endfor %}{% for x in 1, 2 %}{{ x }}{% endfor %}{% for c in 'añ' %}<{{ c }}>{% endfor %}{% for k in {'x': 1} %}{{ k }}{% endfor %}
{% set ns = namespace(found=false, n=0) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.found = true %}{% set ns.n = ns.n + 1 %}{% endif %}{% endfor %}{{ ns.found }} {{ ns.n }} {{ ns.nothing is defined }}{{ ns['n'] }}
{% for i in [1, 2] %}{% continue %}{% else %}never to its end{% endfor %}{% for i in [1, 2] %}{% if i == 2 %}{% break %}{% endif %}{% else %}once{% endfor %}
{{ '%s is %d, %5.2f|%-4s|%04d|%r|%x%%' % ('a', 3, 2.345, 'é', -7, 'q', 255) }} {{ '%s' % 'x' }} {{ '%s' | format(1) }} {{ '{} {1} {a} {{}}'.format(0, 1, a='z') if false }}{{ '{0}-{1}-{0}'.format('a', 'b') }} {{ '{}{}'.format(1, [2]) }} {{ '{x}'.format(x=1) }}
{{ '%s %s' % 'a' }}
{{ 1[2:] if messages }}
{% set x = 1 %}{% for i in range(3) %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}{% if true %}{% set x = 9 %}{% endif %}{{ x }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set (c, d) = [3, 4] %}{{ c }}{{ d }}{% set e = 1, %}{{ e }}
{% macro tag(name, body='', end=true) %}<{{ name }}>{{ body }}{% if end %}</{{ name }}>{% endif %}{% endmacro %}{{ tag('p', 'x') }}{{ tag(name='q', end=false) }}{{ tag('r', body=tag('s')) | upper }}
{% macro depth(n) %}{{ n }}{% if n > 0 %},{{ depth(n - 1) }}{% endif %}{% endmacro %}{{ depth(20) }}
{% set g = 'global' %}{% macro see() %}{{ g }}{{ local }}{% endmacro %}{% for local in [1] %}{{ see() }}{% endfor %}{% macro two(a, b=a) %}{{ a }}{{ b is defined }}{% endmacro %}{{ two(1) }}
{% macro none_given(a) %}[{{ a }}|{{ a is defined }}]{% endmacro %}{{ none_given() }}{{ none_given(none) }}
{% for x in [1, 2] %}{% macro inner(y) %}{{ x }}{{ y }}{% endmacro %}{{ inner('a') }}{% endfor %}{% macro outer(p) %}{% macro inside() %}<{{ p }}>{% endmacro %}{{ inside() }}{% endmacro %}{{ outer(7) }}
{% macro one(a) %}{{ a }}{% endmacro %}{{ one(1, 2) }}
{% macro one(a) %}{{ a }}{% endmacro %}{{ one(b=2) }}
{% set block %}  a {{ 1 }} {% endset %}[{{ block }}][{{ block | trim }}]{% set ns = namespace() %}{% set ns.x %}in ns{% endset %}{{ ns.x }}
{% filter upper %}abc {{ 'd' }}{% endfilter %} {% filter replace('a', 'b') | trim %} aaa {% endfilter %} {% set t | trim %}  x {% endset %}[{{ t }}]
{% if messages and messages[0].role == 'system' %}S{% elif tools %}T{% else %}N{% endif %}{% if not messages %}empty{% endif %}
{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a is defined }}{% with %}{% set z = 1 %}{% endwith %}{{ z is defined }}{% set q = 1 %}{% with q = 2, r = q %}{{ q }}{{ r }}{% endwith %}{{ q }}
{% for a in [[1, 2], [3, 4]] %}{% set outer = loop %}{% for b in a %}{{ outer.index }}.{{ loop.index0 }}={{ b }} {{ loop.previtem }}{{ loop.nextitem }}{{ loop.depth }};{% endfor %}{% endfor %}
{%- for i in range(5) -%} {%- if i == 1 -%} {%- continue -%} {%- endif -%} {%- if i == 3 -%} {%- break -%} {%- endif -%} {{ i }} {%- endfor -%} end
{% for i in range(3) %}{% for j in range(3) %}{% if j == 1 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %}
{# comment #}a{#- x -#}  b {%+ if true %} c {% endif +%} d {%- raw %} {{ x }} {% y %} {% endraw -%} e
{% generation %}kept{% set inner = 1 %}{% endgeneration %}{{ inner is defined }}
{{ raise_exception('bad role: ' + 'x') }}
{% if false %}{{ raise_exception('never') }}{% endif %}fine
{{ missing.attribute }}
{{ missing['item'] }}
{{ missing() }}
{{ missing + 1 }}
{{ 'a' + 1 }}
{{ none + 'a' }}
{{ none | length }}
{{ missing | tojson }}
{{ 1 / 0 }}
{{ [1] < ['a'] }}
{{ 'a' in none }}
{{ 'x'.nothing() }}
{% for x in none %}{% endfor %}
{% for x in 5 %}{% endfor %}
{% for x in missing %}x{% else %}nothing{% endfor %}
{% set messages.x = 1 %}
{% set ns = namespace() %}{% set ns._x = 1 %}
{% for i in range(100001) %}{% endfor %}
{{ [].append(1) }}
{{ {}.update(a=1) }}
{% for a, b in [(1, 2, 3)] %}{% endfor %}
{{ '%s' }} {{ '{' }} {{ '}}' }} {% raw %}{{ '{{' }}{% endraw %} { { } } {% if '%}' %}x{% endif %}
""".strip("\n").split("\n")

WHOLE = ["""{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(last=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if message.role == "user" and message.content is string %}
        {%- set ns.last = index %}
        {%- break %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- if message.role == "assistant" and '</think>' in content %}
        {%- set thought = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
        {{- '[' + thought + ']' + content.split('</think>')[-1].lstrip('\\n') }}
    {%- elif message.tool_calls %}
        {%- for call in message.tool_calls %}
            {%- if call.function %}{%- set call = call.function %}{%- endif %}
            {{- call.name + '(' }}{{ call.arguments if call.arguments is string else call.arguments | tojson }})
        {%- endfor %}
    {%- else %}
        {{- message.role ~ ': ' ~ content | trim ~ '\\n' }}
    {%- endif %}
    {%- if message.role == "tool" and (loop.last or messages[loop.index0 + 1].role != "tool") %}
        {{- '<tools end>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- 'assistant: ' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- 'no thought' }}
    {%- endif %}
{%- endif %}
""", """{{ bos_token }}
{% for message in messages %}
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{ raise_exception('roles must alternate') }}
    {% endif %}
  {{ message['role'] }}:
    {# a comment on its line #}
\t{{ message['content'] | trim }}
{% endfor %}

end
""", """{#- Schemas as text, by a macro that calls itself. -#}
{% macro show(schema, level=0) -%}
    {%- if schema is mapping -%}
        {%- for key, value in schema | dictsort -%}
{{ '  ' * level }}{{ key }}:
{{ show(value, level + 1) }}
        {%- endfor -%}
    {%- elif schema is iterable and schema is not string -%}
        {%- for item in schema %}{{ '  ' * level }}- {{ item }}
{% endfor -%}
    {%- else -%}
{{ '  ' * level }}{{ schema }}
{% endif -%}
{%- endmacro %}
{% for tool in tools or [] %}
{{ show(tool.function) }}
{%- endfor %}
   {% if add_generation_prompt %}
go
   {%- endif +%}

   {%- raw %}
   {{ not this }}
   {% endraw %}
last line"""]

SNIPPETS = ([(template, ["turns"]) for template in STATEMENTS] +
            [(template, ["called"]) for template in EXPRESSIONS] +
            [(template, ["empty"]) for template in STATEMENTS[:5]] +
            [(template, ["turns", "empty", "called", "called_as_text", "no_thinking", "two_users"])
             for template in WHOLE])
