"""The metadata of a GGUF file as a dict: the module gguf takes seconds for each list of strings.

Source: ggml-org/ggml docs/gguf.md, version 3.
"""
import struct

SIMPLE = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    at = 8

    def take(kind):
        nonlocal at
        value = struct.unpack_from("<" + kind, data, at)
        at += struct.calcsize("<" + kind)
        return value if len(value) > 1 else value[0]

    def string():
        nonlocal at
        n = take("Q")
        at += n
        return data[at - n:at].decode()

    def value(kind):
        if kind == STRING:
            return string()
        if kind != ARRAY:
            return take(SIMPLE[kind])
        of, n = take("I"), take("Q")
        if of in SIMPLE:
            many = take(f"{n}{SIMPLE[of]}") if n else []
            return list(many) if n > 1 else [many]
        return [value(of) for _ in range(n)]

    _, n_entries = take("QQ")
    out = {}
    for _ in range(n_entries):
        key = string()
        out[key] = value(take("I"))
    return out
