#!/usr/bin/env python3
"""Writes tests/data/chat/golden.txt: templates and what jinja2, set up as transformers does, prints.

Blocks of four lines, strings in hex: template, variables as JSON, "ok" or "error", the text.
The templates are written for this test and use what real ones use; with a folder of
tokenizer_config.json files as argument, their templates are checked into a second file there.

usage: make_chat_golden.py [FOLDER OUT]     (needs the transformers and jinja2 modules)
"""
import json
import pathlib
import sys

from transformers.utils.chat_template_utils import _compile_jinja_template

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "chat"

CHAT = [{"role": "system", "content": " Be brief.\n"}, {"role": "user", "content": "Hi «there» 漢字"},
        {"role": "assistant", "content": "<think>\nhm\n</think>\n\nHello!"},
        {"role": "user", "content": "1 + 1 = ?"}]
TOOLS = [{"type": "function", "function": {"name": "add", "description": "Adds \"two\" numbers",
          "parameters": {"type": "object", "properties": {"a": {"type": "number"}}}}}]
CALL = [{"role": "user", "content": "add"},
        {"role": "assistant", "content": "", "tool_calls": [
            {"type": "function", "function": {"name": "add", "arguments": {"a": 1.5, "b": None}}}]},
        {"role": "tool", "content": "3"}, {"role": "tool", "content": "4"}]
PARTS = [{"role": "user", "content": [{"type": "text", "text": "what is it"}, {"type": "image"}]}]
INPUTS = [
    {"messages": CHAT, "add_generation_prompt": True},
    {"messages": CHAT[1:2], "add_generation_prompt": False, "tools": TOOLS},
    {"messages": CALL, "add_generation_prompt": True, "tools": TOOLS, "enable_thinking": False},
    {"messages": [], "add_generation_prompt": True},
    {"messages": CHAT[1:3] + CHAT[3:] + CHAT[2:3], "add_generation_prompt": True},
]
ALWAYS = {"bos_token": "<s>", "eos_token": "</s>", "tools": None, "documents": None}

SNIPPETS = r"""
{{ 1 + 2 * 3 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 1e16 }} {{ 0.1 + 0.2 }} {{ 3.0 }}
{{ 'a' ~ 1 ~ none ~ true }} {{ 'ab' * 3 }} {{ [1, 'x', none, true, 1.5] }} {{ {'a': [1], 'b': 'it\'s'} }} {{ (1,) }}
{{ "é漢"[0] }}{{ "é漢"[-1] }}{{ "abcdef"[1:4] }}{{ "abcdef"[::-1] }}{{ [1, 2, 3][::2] }}{{ [1, 2, 3][5] }}{{ messages[1:]|length }}
{% for m in messages %}{{ loop.index }}/{{ loop.length }}{{ ',' if not loop.last }}{{ loop.cycle('a', 'b') }}{% else %}none{% endfor %}
{% for m in messages if m.role == 'user' %}[{{ m['content'] }}]{% if loop.first %}F{% endif %}{% endfor %}
{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %}
{% set ns = namespace(found=false, n=0) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.found = true %}{% set ns.n = ns.n + 1 %}{% endif %}{% endfor %}{{ ns.found }} {{ ns.n }}
{% set x = 1 %}{% for i in range(3) %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}
{% macro tag(name, body='', end=true) %}<{{ name }}>{{ body }}{% if end %}</{{ name }}>{% endif %}{% endmacro %}{{ tag('p', 'x') }}{{ tag(name='q', end=false) }}
{% set block %}  a {{ 1 }} {% endset %}[{{ block }}][{{ block | trim }}]
{% if messages and messages[0].role == 'system' %}S{% elif tools %}T{% else %}N{% endif %}
{{ missing is defined }} {{ missing }} {{ messages is defined }} {{ none is none }} {{ 'x' is string }} {{ 1 is number }} {{ {} is mapping }} {{ [] is iterable }} {{ not true is false }}
{{ tools | tojson }} {{ tools | tojson(indent=2) }} {{ "a\"\n</é" | tojson }} {{ {} | tojson(indent=4) }} {{ [1.0, 1e20, true, none] | tojson }}
{{ ' a b '.strip() }}|{{ ' a b '.lstrip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'a,b,c'.split(',') }}|{{ ' a  b '.split() }}|{{ 'a.b.c'.rsplit('.', 1) }}|{{ 'a--b'.split('-', 1)[-1] }}
{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'b' in 'abc' }} {{ 'z' not in ['a'] }} {{ 'a' in {'a': 1} }} {{ 'hello'.replace('l', 'L', 1) }} {{ 'hello world'.title() }} {{ 'ÉCOLE'.lower() }} {{ 'école'.capitalize() }}
{{ messages | map(attribute='role') | join(', ') }} {{ messages | selectattr('role', 'equalto', 'user') | list | length }} {{ messages | rejectattr('role', 'in', ['user']) | map(attribute='content') | list }} {{ [3, 1, 2] | sort }} {{ ['b', 'A', 'c'] | sort(reverse=true) | join }} {{ [1, 2] | first }}{{ [1, 2] | last }} {{ ['a', 'b'] | map('upper') | list }}
{{ missing | default('d') }} {{ '' | default('e', true) }} {{ none | default('f') }} {{ '3' | int + 1 }} {{ 'x' | int(9) }} {{ '2.5' | float }} {{ 3.7 | int }} {{ -3 | abs }} {{ 'a\nb' | indent(2) }} {{ [1, [2]] | string | length }} {{ {'b': 1, 'a': 2} | dictsort }}
{{ raise_exception('bad role: ' + 'x') }}
{{ missing.attribute }}
{{ 'a' + 1 }}
{{ none.x is undefined }} {{ messages.nothing is defined }} {{ 'x'.y is undefined }}
{%- for i in range(5) -%} {%- if i == 1 -%} {%- continue -%} {%- endif -%} {%- if i == 3 -%} {%- break -%} {%- endif -%} {{ i }} {%- endfor -%} end
{# comment #}a{#- x -#}  b {%+ if true %} c {% endif +%} d {%- raw %} {{ x }} {% y %} {% endraw -%} e
{{ 'yes' if messages else 'no' }}{{ 'only' if false }} {{ 1 if none else 2 if false else 3 }} {{ (1 > 0) and 'and' }} {{ '' or 'or' }} {{ 1 == 1.0 }} {{ 'a' < 'b' }} {{ 2 >= 3 }} {{ 1 != 2 }}
{{ "tab\there" }} {{ 'q\'uote' }} {{ "A\x41" }} {{ '\\n' }} {{ 'a' 'b' }} {{ bos_token }}{{ eos_token + '\n' }}
{% filter upper %}abc {{ 'd' }}{% endfilter %} {% set t | trim %}  x {% endset %}[{{ t }}]
{% for a in [[1, 2], [3, 4]] %}{% set outer = loop %}{% for b in a %}{{ outer.index }}.{{ loop.index0 }}={{ b }} {{ loop.previtem }}{{ loop.nextitem }};{% endfor %}{% endfor %}
{{ range(3) | list }} {{ range(1, 7, 2) | list }} {{ range(3, 0, -1) | list }} {{ dict(a=1) }} {{ [1, 2] + [3] }} {{ [1] * 2 }} {{ 'x' ~ [1] }} {{ {'a': 1}['a'] }} {{ {'a': 1}.get('b', 5) }} {{ {'a': 1}.keys() | list }}
{% generation %}kept{% endgeneration %}{{ 5 is odd }}{{ 4 is divisibleby 2 }}{{ 1 in [1] }}{{ 'a' is in ['a'] }}{{ true | string }}{{ 'a<b' | e }}
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
            {{- call.name + '(' + call.arguments | tojson + ')' }}
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
"""]


def render(template, variables):
    try:
        return "ok", _compile_jinja_template(template).render(**ALWAYS | variables)
    except Exception as error:  # Whatever jinja2 or the template raises is an error to us.
        return "error", str(error)


def write(templates, inputs, path):
    lines = []
    for template in templates:
        for variables in inputs:
            kind, text = render(template, variables)
            lines += [template.encode().hex(), json.dumps(variables, ensure_ascii=False), kind,
                      text.encode().hex()]
    path.write_text("\n".join(lines) + "\n")
    print(f"{path.name}: {len(lines) // 4} cases, {lines[2::4].count('error')} errors")


def main():
    if len(sys.argv) == 3:
        found = []
        for path in sorted(pathlib.Path(sys.argv[1]).glob("*tokenizer_config.json")):
            template = json.loads(path.read_text()).get("chat_template")
            if isinstance(template, str):
                found.append(template)
        return write(found, INPUTS + [{"messages": PARTS, "add_generation_prompt": True}],
                     pathlib.Path(sys.argv[2]))
    FOLDER.mkdir(parents=True, exist_ok=True)
    write(SNIPPETS, INPUTS[:1] + INPUTS[3:4], FOLDER / "snippets.txt")
    write(WHOLE, INPUTS, FOLDER / "whole.txt")
    return None


if __name__ == "__main__":
    main()
