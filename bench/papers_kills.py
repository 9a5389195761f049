#!/usr/bin/env python3
"""An import that is killed again and again ends as one that was not: the same papers, links and documents.

  papers_kills.py FILE [--kills 20] [--quern build/release/bin/quern] [--model none]

Kills fall at random times; the seed is printed. Compared are what 'papers stats' says, every paper's full
text and facts by 'papers search --json', and 'store verify' of both. Standard library only.
"""

import argparse
import hashlib
import json
import random
import signal
import subprocess
import tempfile
import time
from pathlib import Path


def quern(args, *words, check=True):
    return subprocess.run([str(args.quern), *map(str, words)], check=check, capture_output=True, text=True).stdout


def importing(args, library):
    return [str(args.quern), "papers", "import", str(library), "--from", str(args.file), "--model", args.model, "-q"]


def fingerprint(args, library):
    """Of all that is known of each paper, and its text."""
    digest = hashlib.sha256()
    for line in quern(args, "papers", "list", library, "--json").splitlines():
        paper = json.loads(line)
        digest.update(json.dumps(paper, sort_keys=True).encode())
        digest.update(quern(args, "papers", "show", library, f"CorpusId:{paper['corpusId']}", "--text").encode())
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--quern", default="build/release/bin/quern")
    parser.add_argument("--model", default="none")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    random.seed(args.seed)
    print(f"seed {args.seed}")
    with tempfile.TemporaryDirectory() as work:
        clean, killed = Path(work) / "clean", Path(work) / "killed"
        begin = time.monotonic()
        subprocess.run(importing(args, clean), check=True)
        whole = time.monotonic() - begin
        n_killed = 0
        for _ in range(args.kills):
            process = subprocess.Popen(importing(args, killed))
            time.sleep(random.uniform(0.02, whole / 2))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                n_killed += 1
            process.wait()
        subprocess.run(importing(args, killed), check=True)
        for library in (clean, killed):
            quern(args, "store", "verify", library)
        same_stats = quern(args, "papers", "stats", clean) == quern(args, "papers", "stats", killed)
        same = fingerprint(args, clean) == fingerprint(args, killed)
        print(f"one import: {whole:.1f} s; killed {n_killed} times; stats equal: {same_stats}; papers equal: {same}")
        raise SystemExit(0 if same and same_stats else 1)


if __name__ == "__main__":
    main()
