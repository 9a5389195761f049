#!/usr/bin/env python3
"""Steps of a reservoir, ours beside ReservoirPy's in the same run: the same units, links (one in
ten), inputs and sequences. For each the median microseconds of a step of the whole batch.

    python3 bench/reservoir_speed.py build/release/bench/reservoir [--threads 2]
"""

import argparse
import json
import statistics
import subprocess
import time

import numpy as np
from reservoirpy.nodes import Reservoir


def theirs(units, batch, d_in, steps):
    """ReservoirPy runs sequences one after another: a step of the batch is one of each."""
    node = Reservoir(units=units, sr=0.9, lr=0.3, rc_connectivity=0.1, input_connectivity=0.1, seed=1)
    rng = np.random.default_rng(1)
    sequence = rng.uniform(-1, 1, (steps, d_in))
    node.run(sequence[:2])
    took = []
    for _ in range(batch):
        start = time.perf_counter()
        node.run(sequence)
        took.append((time.perf_counter() - start) / steps)
    return statistics.median(took) * batch * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", help="our bench program 'reservoir'")
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--d-in", type=int, default=388)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    numbers = [args.units, args.batch, args.d_in, args.steps, args.threads]
    ran = subprocess.run([args.program, *map(str, numbers)], capture_output=True, text=True, check=True)
    ours = json.loads(ran.stdout)["us_per_step"]
    other = theirs(args.units, args.batch, args.d_in, args.steps)
    print(json.dumps({"ours_us": ours, "reservoirpy_us": round(other, 1), "times": round(other / ours, 1)}))


if __name__ == "__main__":
    main()
