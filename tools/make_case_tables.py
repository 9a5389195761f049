#!/usr/bin/env python3
"""Writes src/jinja/case_tables.inc: characters whose upper or title case is more than one character,
or another than Unicode's simple mapping, as Python's str.upper and str.title give them.

usage: make_case_tables.py > src/jinja/case_tables.inc"""


def literal(text):
    return '"' + "".join(f"\\x{byte:02X}" for byte in text.encode()) + '"'


def main():
    print("// Written by tools/make_case_tables.py: code point, upper case, title case (UTF-8).")
    for code in range(0x110000):
        c = chr(code)
        if 0xD800 <= code < 0xE000 or (len(c.upper()) == 1 and len(c.title()) == 1):
            continue
        print(f"{{0x{code:04X}, {literal(c.upper())}, {literal(c.title())}}},")


if __name__ == "__main__":
    main()
