#!/usr/bin/env python3
"""Counts single tests of one ctest run: "passed failed skipped".

usage: count_tests.py JUNIT_FILE GTEST_FOLDER

JUNIT_FILE is from ctest --output-junit (one entry per program), GTEST_FOLDER holds what the
programs wrote for GTEST_OUTPUT=xml:GTEST_FOLDER/. A program that is no GoogleTest, or that died
before it could write its file, counts as one test.
"""
import pathlib
import sys
import xml.etree.ElementTree as ET


def main() -> None:
    programs = list(ET.parse(sys.argv[1]).getroot().iter("testcase"))
    n_programs_failed = sum(p.find("failure") is not None for p in programs)
    n_programs_passed = sum(p.get("status") == "run" for p in programs)

    passed = failed = 0
    skipped = len(programs) - n_programs_failed - n_programs_passed
    n_files_failed = n_files_passed = 0
    for path in sorted(pathlib.Path(sys.argv[2]).glob("*.xml")):
        bad = 0
        for case in ET.parse(path).getroot().iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                bad += 1
            elif case.find("skipped") is not None or case.get("status") == "notrun":
                skipped += 1
            else:
                passed += 1
        failed += bad
        n_files_failed += bad > 0
        n_files_passed += bad == 0

    # A leak or a crash after the last test fails a program whose file says that all is well.
    n_died = max(0, n_programs_failed - n_files_failed)
    failed += n_died
    passed += max(0, n_programs_passed - max(0, n_files_passed - n_died))
    print(passed, failed, skipped)


if __name__ == "__main__":
    main()
