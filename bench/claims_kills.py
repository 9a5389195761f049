#!/usr/bin/env python3
"""A batch of claims that is killed again and again ends as one that was left alone.

Runs `quern claims batch` over made-up claims once undisturbed, then once more in a home of its own,
ending it by SIGKILL at random moments and starting the same command again. At the end the outputs
must be the same bytes, the database must have each claim exactly once, and every verdict must replay.

  python3 bench/claims_kills.py --program build/release/bin/quern --model tests/data/models/tiny-nli
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

WORDS = ("the a cat dog bird sat ran slept on under no not never 12 40 % in 1999 mat tree house "
         "protein cell increases decreases expression of patients mice treated with aspirin").split()


def words(rng, n):
    return " ".join(rng.choice(WORDS) for _ in range(n))


def write_claims(path, n_claims, n_evidence, rng):
    """Every 100th line is no claim, every 37th has no evidence."""
    with open(path, "w") as out:
        for i in range(n_claims):
            if i % 100 == 50:
                out.write("this is no JSON\n")
                continue
            evidence = [{"text": words(rng, 12), "source": f"s{rng.randrange(4)}"}
                        for _ in range(0 if i % 37 == 5 else n_evidence)]
            out.write(json.dumps({"id": i, "claim": words(rng, 8), "evidence": evidence}) + "\n")


class Runs:
    def __init__(self, args, home, claims, out):
        self.command = [args.program, "claims", "batch", claims, "--out", out, "--model", args.model,
                        "--checkpoint", str(args.checkpoint), "--quiet"]
        self.environment = dict(os.environ, QUERN_HOME=home)

    def start(self):
        return subprocess.Popen(self.command, env=self.environment, stderr=subprocess.PIPE)

    def whole(self):
        process = self.start()
        _, err = process.communicate()
        if process.returncode not in (0, 1):  # 1: some lines failed, as they should.
            sys.exit(f"exit {process.returncode}: {err.decode()}")
        return process.returncode


def kill_runs(runs, n_kills, seconds, rng):
    """Ends runs until `n_kills` were ended, or one comes to its end; returns how many were."""
    n_killed = 0
    while n_killed < n_kills:
        process = runs.start()
        try:
            process.wait(timeout=rng.uniform(0.02, seconds))
            print(f"a run ended by itself after {n_killed} kills", file=sys.stderr)
            return n_killed
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            n_killed += 1
        process.stderr.close()
    return n_killed


def database_rows(home):
    db = sqlite3.connect(f"file:{home}/claims/claims.db?mode=ro", uri=True)
    n, n_lines, n_runs = db.execute(
        "SELECT count(*), count(DISTINCT line), count(DISTINCT run) FROM claim").fetchone()
    return n, n_lines, n_runs, db.execute("PRAGMA integrity_check").fetchone()[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--claims", type=int, default=10_000)
    parser.add_argument("--evidence", type=int, default=3)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--checkpoint", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        claims = f"{folder}/claims.jsonl"
        write_claims(claims, args.claims, args.evidence, rng)
        alone = Runs(args, f"{folder}/alone", claims, f"{folder}/alone.jsonl")
        start = time.monotonic()
        code = alone.whole()
        taken = time.monotonic() - start
        killed = Runs(args, f"{folder}/killed", claims, f"{folder}/killed.jsonl")
        # Start-up is paid by each; what is left of a run's time is shared out.
        n_killed = kill_runs(killed, args.kills, 0.3 + 1.5 * taken / args.kills, rng)
        code_after = killed.whole()
        same = open(f"{folder}/alone.jsonl", "rb").read() == open(f"{folder}/killed.jsonl", "rb").read()
        replay = subprocess.run([args.program, "claims", "replay", "--all"], capture_output=True,
                                env=killed.environment)
        result = {"claims": args.claims, "undisturbed_s": round(taken, 2), "kills": n_killed,
                  "same_bytes": same, "exit_codes": [code, code_after],
                  "alone": database_rows(f"{folder}/alone"),
                  "killed": database_rows(f"{folder}/killed"),
                  "left_over": sorted(n for n in os.listdir(folder) if "." in n and not n.endswith(".jsonl")),
                  "replay": replay.stderr.decode().strip()}
        print(json.dumps(result))
        once = result["killed"] == result["alone"] and result["killed"][0] == result["killed"][1]
        good = same and once and code == code_after and replay.returncode == 0 and not result["left_over"]
        sys.exit(0 if good and n_killed == args.kills else 1)


if __name__ == "__main__":
    main()
