#!/usr/bin/env python3
"""Checks that each room includes only the rooms it may (the table of ARCHITECTURE.md), and that no two headers
define types of one name in one namespace: the linker takes either for both.

usage: check_layers.py [SRC]     exit 1 and one line per forbidden include or second definition, if there is one
"""
import pathlib
import re
import sys

MAY = {
    "base": [],
    "tensor": ["base"],
    "kernels": ["base", "tensor"],
    "jinja": ["base"],
    "text": ["base", "jinja"],
    "formats": ["base", "tensor", "text"],
    "models": ["base", "tensor", "kernels", "formats"],
    "net": ["base"],
    "hub": ["base", "tensor", "formats", "net"],
    "engine": ["base", "tensor", "kernels", "jinja", "text", "formats", "models", "net", "hub"],
    "reservoir": ["base", "tensor", "kernels"],
    "store": ["base", "tensor", "kernels", "text", "net"],
    "apps": ["base", "text", "engine", "reservoir", "store"],
    "serve": ["base", "jinja", "text", "engine", "store", "apps"],
    "cli": ["base", "tensor", "kernels", "jinja", "text", "formats", "models", "net", "hub", "engine",
            "reservoir", "store", "apps", "serve"],
}
# formats may see text only through the plain description of a tokenizer.
ONLY = {("formats", "text"): {"text/tokenizer_spec.h"}}
NAMESPACE = re.compile(r"^namespace (quern(?:::\w+)*) \{", re.M)
TYPE = re.compile(r"^(?:struct|class|enum class) (\w+)(?: final)?(?: :[^;{]*)? \{", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s+"(([a-z_]+)/[^"]+)"')


def main() -> int:
    src = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                       pathlib.Path(__file__).resolve().parent.parent / "src")
    bad = 0
    n_files = 0
    types = {}
    for path in sorted(p for p in src.rglob("*") if p.suffix in (".h", ".cpp", ".inc")):
        room = path.relative_to(src).parts[0]
        n_files += 1
        if room not in MAY:
            print(f"{path}: room '{room}' is not in the table")
            bad += 1
            continue
        text = path.read_text()
        namespace = NAMESPACE.search(text) if path.suffix == ".h" else None
        for name in TYPE.findall(text) if namespace else []:
            first = types.setdefault((namespace[1], name), path)
            if first != path:
                print(f"{path}: {namespace[1]}::{name} is defined in {first}, too")
                bad += 1
        for number, line in enumerate(text.splitlines(), 1):
            match = INCLUDE.match(line)
            if not match or match[2] == room:
                continue
            allowed = match[2] in MAY[room]
            only = ONLY.get((room, match[2]))
            if allowed and only is not None and match[1] not in only:
                allowed = False
            if not allowed:
                print(f"{path}:{number}: '{room}' may not include '{match[1]}'")
                bad += 1
    print(f"layers: {n_files} files, {bad} forbidden includes and second definitions")
    return 1 if bad or not n_files else 0


if __name__ == "__main__":
    sys.exit(main())
