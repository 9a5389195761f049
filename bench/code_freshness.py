#!/usr/bin/env python3
"""Whether a code index is what its tree is, and what keeping it so costs.

  code_freshness.py history REPOSITORY [--commits 200]
      checks each of the last commits out in turn; after each, an index that was updated all the way
      must have the digest of a clean one
  code_freshness.py branches REPOSITORY [--files 1000] --model M
      changes so many files on a branch, switches there and back and there again: how many texts are
      embedded each time
  code_freshness.py change TREE [--times 20]
      one changed file in TREE (it is changed back): seconds until `search` alone finds it, and until a
      watching process has made it findable

REPOSITORY is cloned, never changed. Standard library only.
"""

import argparse
import json
import os
import queue
import re
import signal
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path


def run(command, **more):
    return subprocess.run([str(c) for c in command], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, **more)


def git(tree, *arguments):
    return run(["git", "-C", tree, *arguments]).stdout.strip()


def digests(args, tree, index):
    """Of each file's pieces, by path."""
    out = run([args.quern, "code", "status", tree, "--index", index, "--json", "--digest"]).stdout
    return json.loads(out)["file_digests"]


def update(args, tree, index, model="none"):
    return run([args.quern, "code", "index", tree, "--index", index, "--model", model]).stderr


def clone(repository, work):
    tree = work / "tree"
    run(["git", "clone", "-q", repository, tree])
    return tree


def row(index, path):
    """What an index knows of a file."""
    catalog = sqlite3.connect(f"file:{index}/catalog.db?mode=ro", uri=True)
    return catalog.execute("SELECT language, n_chunks, by_syntax, note, n_tries FROM code_file WHERE path = ?",
                           (path.encode(),)).fetchone()


def history(args, work):
    tree = clone(args.path, work)
    commits = git(tree, "rev-list", "--first-parent", f"--max-count={args.commits}", "HEAD").split()
    kept, different, times = work / "kept", 0, []
    for i, commit in enumerate(reversed(commits)):
        git(tree, "checkout", "-q", commit)
        began = time.perf_counter()
        update(args, tree, kept)
        times.append(time.perf_counter() - began)
        clean = work / f"clean-{i}"
        update(args, tree, clean)
        ours, theirs = digests(args, tree, kept), digests(args, tree, clean)
        if ours != theirs:
            different += 1
            print(f"{commit}: the index is not a clean one", flush=True)
            for path in sorted(p for p in set(ours) | set(theirs) if ours.get(p) != theirs.get(p)):
                print(f"  {path}: kept {row(kept, path)}, clean {row(clean, path)}", flush=True)
        run(["rm", "-rf", clean])
    print(f"{len(commits)} commits, {different} differ; update: median "
          f"{statistics.median(times[1:]):.3f} s, the first index {times[0]:.2f} s")
    return different


def embedded(text):
    """Vectors that were made, and of these kept from before."""
    found = re.search(r"([\d,]+) vectors \(([\d,]+) kept from before", text)
    return tuple(int(n.replace(",", "")) for n in found.groups()) if found else (0, 0)


def branches(args, work):
    tree = clone(args.path, work)
    index = work / "index"
    git(tree, "checkout", "-q", "-b", "one")
    update(args, tree, index, args.model)
    git(tree, "checkout", "-q", "-b", "two")
    files = [f for f in git(tree, "ls-files").split("\n")
             if Path(tree, f).suffix in (".cpp", ".h", ".py", ".c", ".go", ".rs", ".java", ".js")]
    for name in files[:args.files]:
        with open(tree / name, "a") as file:
            file.write("\n// another branch\n")
    git(tree, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qam", "two")
    print(f"{min(args.files, len(files))} files changed")
    failed = 0
    for n, branch in enumerate(("two", "one", "two", "one")):
        git(tree, "checkout", "-q", branch)
        n_vectors, n_kept = embedded(update(args, tree, index, args.model))
        print(f"to {branch}: {n_vectors} vectors, {n_vectors - n_kept} of them embedded")
        failed += n > 0 and n_vectors != n_kept
    return failed


def search(args, tree, index, word, *more):
    out = subprocess.run([str(c) for c in (args.quern, "code", "search", word, tree, "--index", index, "--json", "-q",
                                           "-k", "1", *more)], stdout=subprocess.PIPE, text=True).stdout
    return word in out


def change(args, work):
    tree, index = Path(args.path).resolve(), work / "index"
    update(args, tree, index)
    files = [p for p in sorted(tree.rglob("*"))[:100000:97] if p.is_file() and p.suffix in (".py", ".go", ".c", ".js")]

    def each(wait, rest):
        times = []
        for i, file in enumerate(files[:args.times]):
            before = file.read_bytes()
            word = f"zebra{os.getpid()}x{i}"
            file.write_bytes(before + f"\n# {word}\n".encode())
            began = time.perf_counter()
            wait(word)
            times.append(time.perf_counter() - began)
            file.write_bytes(before)
            rest()
        times.sort()
        return f"median {times[len(times) // 2] * 1e3:.0f} ms, most {times[-1] * 1e3:.0f} ms"

    def by_search(word):
        assert search(args, tree, index, word)

    print("search alone:", each(by_search, lambda: None))
    watcher = subprocess.Popen([str(c) for c in (args.quern, "code", "watch", tree, "--index", index, "--model", "none")],
                               stderr=subprocess.PIPE, text=True)
    commits = queue.Queue()

    def note_commits():
        for line in watcher.stderr:
            if "pieces written" in line:
                commits.put(line)

    threading.Thread(target=note_commits, daemon=True).start()

    def settle(seconds=1.0):
        # The file is as it was again, which is a change, too: this is not to be taken for the next one, nor is
        # the next one to fall into the time in which a watch collects what follows a first event.
        time.sleep(seconds)
        while not commits.empty():
            commits.get()

    settle(args.settle)
    # The commit is what makes it findable; the program that asks takes its own time to start.
    print("watching, until the text is committed:", each(lambda word: commits.get(timeout=30), settle))
    watcher.send_signal(signal.SIGINT)
    watcher.wait()
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("history", "branches", "change"))
    parser.add_argument("path")
    parser.add_argument("--quern", default="build/release/bin/quern")
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    parser.add_argument("--commits", type=int, default=200)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--settle", type=float, default=10, help="seconds that a watch has to begin")
    args = parser.parse_args()
    args.quern = os.path.abspath(args.quern)
    with tempfile.TemporaryDirectory() as folder:
        failed = {"history": history, "branches": branches, "change": change}[args.what](args, Path(folder))
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
