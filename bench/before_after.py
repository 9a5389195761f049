#!/usr/bin/env python3
"""Is a change slower than what was there before? Two builds of quern in turn, round by round.

usage: before_after.py OLD NEW --embedder FOLDER --generator GGUF --texts FILE [--rounds 5]
                       [--precision f32,int8]

For each figure: the best of the old and of the new, their ratio, and the ratio new / old pair by
pair as median, least and most; above 1 the new one is faster. On a machine that others share the
best is what the code can do; the pairs say how much the machine wavers. Encoder: tokens per second over the texts. Single query:
the inverse of the 50th percentile of one 12-token text. Prompts (pp512) and decoding (tg64): tokens
per second. Start: the inverse of the time until `quern embed MODEL TEXT` has ended, weights packed.
Each build has a home of its own. Run it on a machine that does nothing else.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

STARTS = 10  # Of one round, of which the middle counts.


class Build:
    def __init__(self, quern, home):
        self.quern = quern
        self.env = {**os.environ, "QUERN_HOME": home}

    def run(self, *words):
        done = subprocess.run([self.quern, *words], env=self.env, check=True, capture_output=True)
        return done.stdout.decode()

    def encoder(self, options, precision):
        out = json.loads(self.run("bench", "embed", options.embedder, "--texts", options.texts,
                                  "--precision", precision, "--repeat", "1", "--json", "--quiet"))
        return {f"encoder {precision}": out["tokens_per_s"]}

    def single(self, options, precision, query):
        out = json.loads(self.run("bench", "embed", options.embedder, "--texts", query,
                                  "--singles", "300", "--precision", precision, "--repeat", "1",
                                  "--json", "--quiet"))
        return {f"single query {precision}": 1 / out["p50_ms"]}

    def generator(self, options):
        out = json.loads(self.run("bench", "generate", options.generator, "--repeat", "1",
                                  "--only", "pp512,tg64", "--json"))
        return {name: out[name] for name in ("pp512", "tg64")}

    def start(self, options):
        times = []
        for _ in range(STARTS):
            begin = time.monotonic()
            self.run("embed", options.embedder, "a", "--precision", "f32")
            times.append(time.monotonic() - begin)
        return {"start": 1 / statistics.median(times)}


def figures(build, options, query):
    out = {}
    for precision in options.precision.split(","):
        out |= build.encoder(options, precision) | build.single(options, precision, query)
    return out | build.generator(options) | build.start(options)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--embedder", required=True)
    parser.add_argument("--generator", required=True)
    parser.add_argument("--texts", required=True)
    parser.add_argument("--precision", default="f32,int8")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        query = os.path.join(folder, "query.txt")
        with open(query, "w") as f:
            f.write("what is the pressure on a thin wing at high speed\n" * 10)
        builds = []
        for name in ("old", "new"):
            os.mkdir(os.path.join(folder, name))
            builds.append(Build(getattr(options, name), os.path.join(folder, name)))
        for build in builds:
            figures(build, options, query)  # Packs, and fills the page cache.
        rounds = []
        for i in range(options.rounds):
            order = builds if i % 2 == 0 else builds[::-1]
            found = {build: figures(build, options, query) for build in order}
            rounds.append((found[builds[0]], found[builds[1]]))
    print(f"{'figure':24} {'old':>10} {'new':>10}  new/old    pairs  least .. most")
    for key in rounds[0][0]:
        ratios = [new[key] / old[key] for old, new in rounds]
        old, new = (max(r[i][key] for r in rounds) for i in (0, 1))
        print(f"{key:24} {old:10.3f} {new:10.3f}  {new / old:7.3f}  "
              f"{statistics.median(ratios):7.3f}  {min(ratios):.3f} .. {max(ratios):.3f}")


if __name__ == "__main__":
    main()
