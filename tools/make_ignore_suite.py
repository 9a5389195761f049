#!/usr/bin/env python3
"""Random ignore rules, and what git says of paths under them: tests/data/ignore_suite.jsonl.

usage: make_ignore_suite.py N_CASES SEED > tests/data/ignore_suite.jsonl

A line is one tree: {"files": {".gitignore": ..., "sub/.gitignore": ..., ".git/info/exclude": ...,
"excludes": ...}, "ignorecase": ..., "answers": [[path, is_folder, is_ignored, "FILE:LINE"], ...]}.
"FILE:LINE" is the rule that decides, "" where none says anything. Needs git; the tests do not.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

NAMES = ["a", "b", "ab", "ba", "A", "aB", "a.o", "b.o", ".o", "a b", "#a", "!a", "[a]", "a*", "b\\",
         "a-b", "a1", "foo", "foobar", "x]", "d"]
PIECES = ["a", "b", "a", "b", "ab", "*", "*", "**", "?", "/", "/", "/", "!", "\\", "[ab]", "[!a]", "[^b]",
          "[a-c]", "[]a]", "[", "]", "[[:alpha:]]", "[[:digit:]b]", "[[:bad:]]", "[a-", "[\\]a]", "#", " ", ".o",
          ".", "-", "A", "B", "[A-B]", "[[:upper:]]", "\\A", "foo", "**/", "/**", "/**/", "***", "1", "\t", "\r"]
WORDS = ["a", "b", "*.o", "/a", "a/", "a/b", "!b", "!a/", "**/b", "a/**", "a/**/b", "foo*", "/*", "!/a", "*", "!*.o",
         "!*/", "a?", "?b", "[ab]", "*b", "*.[oa]", "d/*", "!d/a", "foo**/b", "a**/", "*/b", "/d/", "/**/a"]


def pattern(rng):
    if rng.random() < 0.4:
        return rng.choice(WORDS)
    text = "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 6)))
    return "!" + text if rng.random() < 0.15 else text


def rules(rng, n_max):
    end = "\r\n" if rng.random() < 0.1 else "\n"
    text = end.join(pattern(rng) for _ in range(rng.randint(1, n_max)))
    text = "\N{ZERO WIDTH NO-BREAK SPACE}" + text if rng.random() < 0.05 else text
    return text + (end if rng.random() < 0.8 else "")


def git(top, *arguments, **options):
    environment = {"PATH": os.environ["PATH"], "HOME": str(top), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    return subprocess.run(["git", *arguments], cwd=top, env=environment, capture_output=True, check=False, **options)


def case(rng, top):
    repository = top / "r"
    repository.mkdir()
    git(repository, "init", "-q")
    folders = [""]
    for _ in range(rng.randint(1, 5)):
        parent = rng.choice(folders)
        folder = parent + rng.choice(NAMES) + "/"
        if folder not in folders and folder.count("/") < 5:
            folders.append(folder)
            (repository / folder).mkdir()
    paths = {folder[:-1]: True for folder in folders if folder}
    for _ in range(rng.randint(4, 12)):
        path = rng.choice(folders) + rng.choice(NAMES)
        if path not in paths:
            paths[path] = False
            (repository / path).write_text("")
    files = {".gitignore": rules(rng, 5)}
    for folder in folders[1:]:
        if rng.random() < 0.3:
            files[folder + ".gitignore"] = rules(rng, 3)
    if rng.random() < 0.3:
        files[".git/info/exclude"] = rules(rng, 3)
    if rng.random() < 0.3:
        files["excludes"] = rules(rng, 3)
    ignorecase = rng.random() < 0.2
    for name, text in files.items():
        place = top / name if name == "excludes" else repository / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(text.encode())
    git(repository, "config", "core.ignorecase", "true" if ignorecase else "false")
    if "excludes" in files:
        git(repository, "config", "core.excludesFile", str(top / "excludes"))
    asked = "\0".join(paths) + "\0"
    answer = git(repository, "check-ignore", "-v", "-n", "-z", "--no-index", "--stdin", input=asked.encode())
    fields = answer.stdout.decode().split("\0")[:-1]
    assert len(fields) == 4 * len(paths), answer.stderr
    answers = []
    for i in range(0, len(fields), 4):
        source, line, text, path = fields[i:i + 4]
        source = "excludes" if source.endswith("/excludes") else source
        rule = f"{source}:{line}" if source else ""
        answers.append([path, paths[path], bool(source) and not text.startswith("!"), rule])
    return {"files": files, "ignorecase": ignorecase, "answers": answers}


def main():
    n_cases, seed = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    for _ in range(n_cases):
        with tempfile.TemporaryDirectory() as top:
            print(json.dumps(case(rng, pathlib.Path(top)), separators=(",", ":")))


if __name__ == "__main__":
    main()
