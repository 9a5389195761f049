#!/usr/bin/env python3
"""Writes tests/data/chat: templates, and what jinja2, set up as transformers does, prints.

inputs.json      named sets of variables: messages, tools, flags
snippets.jsonl   templates written for this test, one feature or a few each
real.jsonl       templates of published tokenizer_config.json files, by file name: not the templates

usage: make_chat_golden.py SHARED/data/tokenizers/hf       (needs transformers and jinja2)
       make_chat_golden.py --check OUT FILE...             templates of FILEs (.jinja, .gguf,
           tokenizer_config.json) as a file for $QUERN_CHAT_GOLDEN: too many or not ours to keep
"""
import datetime
import json
import pathlib
import sys

from transformers.utils.chat_template_utils import _compile_jinja_template

from chat_golden_inputs import INPUTS
from chat_golden_snippets import SNIPPETS

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "chat"
NOW = datetime.datetime(1971, 1, 1, 12, 0, 0)  # Seconds 31579200, in UTC: as the tests have it.
ALWAYS = {"bos_token": "<s>", "eos_token": "</s>", "tools": None, "documents": None,
          "add_generation_prompt": False, "strftime_now": NOW.strftime}


def render(template, variables):
    try:
        return {"text": _compile_jinja_template(template).render(**ALWAYS | variables)}
    except Exception as error:  # Whatever jinja2 or the template raises is an error to us.
        return {"error": str(error)}


def write(path, rows):
    rows = list(rows)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    n_errors = sum("error" in row for row in rows)
    print(f"{path.name}: {len(rows)} cases, {n_errors} errors, {path.stat().st_size} bytes")


def template_of(path):
    if path.suffix == ".jinja":
        return path.read_text()
    if path.suffix == ".gguf":
        import gguf
        field = gguf.GGUFReader(path).get_field("tokenizer.chat_template")
        return field.contents() if field else None
    return json.loads(path.read_text()).get("chat_template")


def rows_of(paths, keep_template):
    for path in paths:
        template = template_of(path)
        if not isinstance(template, str):
            continue
        name = {"template": template} if keep_template else {"file": path.name}
        for key, variables in INPUTS.items():
            yield {**name, "input": key, **render(template, variables)}


def main():
    if sys.argv[1] == "--check":
        paths = [pathlib.Path(p) for p in sys.argv[3:]]
        return write(pathlib.Path(sys.argv[2]), rows_of(paths, True))
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "inputs.json").write_text(
        json.dumps(INPUTS, ensure_ascii=False, indent=1) + "\n")
    write(FOLDER / "snippets.jsonl",
          ({"template": template, "input": key, **render(template, INPUTS[key])}
           for template, keys in SNIPPETS for key in keys))
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*tokenizer_config.json"))
    return write(FOLDER / "real.jsonl", rows_of(paths, False))


if __name__ == "__main__":
    main()
