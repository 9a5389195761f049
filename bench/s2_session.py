"""Servers over made libraries, and the counting of what s2_conformance.py asserts."""
import dataclasses
import http.client
import json
import pathlib
import subprocess
import traceback
import typing
import urllib.parse

import s2_fixture


@dataclasses.dataclass
class Point:
    number: int
    text: str
    run: typing.Callable


POINTS: list[Point] = []


def point(number: int, text: str):
    """Registers a function of a Session as a point of the list."""
    def register(run):
        POINTS.append(Point(number, text, run))
        return run
    return register


class LeftOut(Exception):
    """A point that cannot be asked here."""


class Server:
    def __init__(self, quern: str, library: pathlib.Path, *flags: str):
        self.process = subprocess.Popen(
            [quern, "papers", "serve", str(library), "--port", "0", *flags],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if "listening on " not in line:
            raise SystemExit(f"no server: {line}")
        self.url = line.split("listening on ")[1].strip()
        self.address = urllib.parse.urlsplit(self.url)

    def ask(self, method: str, path: str, body=None, headers=None, raw: bytes | None = None):
        """Status, parsed JSON (None where it is none) and headers."""
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=60)
        data = raw if raw is not None else (None if body is None else json.dumps(body).encode())
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if data is not None:
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        return response.status, value, dict(response.getheaders())

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Session:
    """`fixture` serves the made-up papers, `papers` those with texts; both without vectors."""

    def __init__(self, quern: str, papers: str, work: pathlib.Path):
        self.quern, self.work = quern, work
        self.n_asserted, self.failures, self.left_out, self.n_points = 0, [], [], 0
        made_up = work / "fixture.jsonl"
        s2_fixture.write(made_up)
        self.fixture_library = self.imported("fixture", made_up)
        self.servers = []
        self.fixture = self.serve(self.fixture_library)
        self.papers = self.serve(self.imported("papers", pathlib.Path(papers)))

    def imported(self, name: str, source: pathlib.Path) -> pathlib.Path:
        library = self.work / name
        if not library.exists():
            subprocess.run([self.quern, "papers", "import", str(library), "--from", str(source),
                            "--model", "none"], check=True, stderr=subprocess.DEVNULL)
        return library

    def serve(self, library: pathlib.Path, *flags: str) -> Server:
        self.servers.append(Server(self.quern, library, *flags))
        return self.servers[-1]

    def close(self):
        for server in self.servers:
            server.stop()

    def check(self, holds: bool, what: str):
        self.n_asserted += 1
        if not holds:
            self.failures.append(f"{self.at}: {what}")
            print(f"   FAILED {what}")

    def equal(self, got, wanted, what: str = ""):
        self.check(got == wanted, f"{what}: got {str(got)[:300]}, wanted {str(wanted)[:300]}")

    # Plain HTTP, of the made-up papers.
    def get(self, path: str, status: int = 200, server: Server | None = None, **more):
        return self.sent("GET", path, status, server, **more)

    def post(self, path: str, body=None, status: int = 200, server: Server | None = None, **more):
        return self.sent("POST", path, status, server, body=body, **more)

    def sent(self, method: str, path: str, status: int, server, **more):
        if path.startswith(("paper", "author", "snippet")):
            path = "/graph/v1/" + path
        got, value, _ = (server or self.fixture).ask(method, path, **more)
        self.equal(got, status, f"status of {method} {path[:200]}: {str(value)[:200]}")
        if status >= 400:
            self.check(isinstance(value, dict) and isinstance(value.get("error"), str)
                       and isinstance(value.get("message"), str), f"error and message of {path[:200]}")
        return value

    def raises(self, kind: type, call: typing.Callable, what: str):
        try:
            call()
        except kind:
            self.check(True, what)
        except Exception as other:  # pylint: disable=broad-except
            self.check(False, f"{what}: {type(other).__name__} {other}, wanted {kind.__name__}")
        else:
            self.check(False, f"{what}: nothing, wanted {kind.__name__}")

    def run(self, one: Point):
        self.at, before, failed = one.number, self.n_asserted, len(self.failures)
        self.n_points += 1
        try:
            one.run(self)
        except LeftOut as why:
            self.left_out.append(one.number)
            print(f"{one.number:3} left out: {why}")
            return
        except Exception:  # pylint: disable=broad-except
            self.check(False, traceback.format_exc())
        state = "ok" if len(self.failures) == failed else "FAILED"
        print(f"{one.number:3} {state:6} {self.n_asserted - before:5} assertions  {one.text}")

    def report(self, n_wanted: int) -> int:
        n_failed = len({f.split(":")[0] for f in self.failures})
        print(f"{self.n_points} of {n_wanted} points, {self.n_asserted} assertions: "
              f"{len(self.failures)} failed, of {n_failed} points; left out: {self.left_out or 'none'}")
        return 0 if not self.failures and self.n_points == n_wanted else 1
