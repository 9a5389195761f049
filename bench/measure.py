"""What every benchmark here shares: running quern, the machine's description, the results file.

A results file is one JSON object: `program`, `machine`, `commit`, `settings`, and `rows`, each
{"name", "unit", "better": "higher" | "lower", "rounds": [numbers]}; compare_results.py reads them.
"""
import json
import os
import pathlib
import platform
import statistics
import subprocess
import time

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent


def cpu_info() -> dict:
    fields = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines():
        key, _, value = line.partition(":")
        fields[key.strip()] = value.strip()
    return fields


def machine() -> dict:
    cpu = cpu_info()
    interesting = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16")
    flags = set(cpu.get("flags", "").split())
    cache = pathlib.Path("/sys/devices/system/cpu/cpu0/cache")
    sizes = [f"L{(i / 'level').read_text().strip()}{(i / 'type').read_text()[0]} "
             f"{(i / 'size').read_text().strip()}" for i in sorted(cache.glob("index*"))]
    return {"cpu": cpu.get("model name", platform.machine()),
            "family_model": f"{cpu.get('cpu family')}/{cpu.get('model')}",
            "isa": [f for f in interesting if f in flags], "caches": sizes,
            "cpus": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "python": platform.python_version()}


def commit() -> str:
    done = subprocess.run(["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty"],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip()


def cpu_ticks() -> dict[str, int]:
    names = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
    with open("/proc/stat", encoding="ascii") as f:
        return dict(zip(names, map(int, f.readline().split()[1:])))


def others_share(seconds: float = 1.0) -> float:
    """Part of all cores in use while we do nothing."""
    before = cpu_ticks()
    time.sleep(seconds)
    spent = {k: v - before[k] for k, v in cpu_ticks().items()}
    return 1.0 - (spent["idle"] + spent["iowait"]) / max(1, sum(spent.values()))


def quern_json(command: list[str], env: dict | None = None) -> dict:
    """Runs quern; the last line it prints is one JSON object."""
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env={**os.environ, **(env or {})})
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def spread(values: list[float]) -> dict:
    return {"median": float(statistics.median(values)), "min": float(min(values)),
            "max": float(max(values))}


def row(name: str, unit: str, better: str, rounds: list[float]) -> dict:
    return {"name": name, "unit": unit, "better": better, "rounds": [float(x) for x in rounds],
            **spread(rounds)}


def write_results(path: str, program: str, settings: dict, rows: list[dict], **more) -> None:
    body = {"program": program, "when": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
            "commit": commit(), "machine": machine(), "settings": settings, "rows": rows, **more}
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(body, f, indent=1)
        f.write("\n")
