#!/usr/bin/env python3
"""Drives `quern code mcp` with the official Python client and checks every answer.

usage: check_mcp_client.py PROGRAM [--url http://127.0.0.1:8091/mcp]

Makes a small tree of its own, and an index beside it. Over standard input and output, and, with
--url, also over HTTP to a server that is running (of any tree). Works with both generations of the
package `mcp`: 1.x speaks the protocol with a handshake, 2.x the one without and the older one.
Exit 1 on the first wrong answer.
"""
import argparse
import asyncio
import importlib.metadata
import os
import pathlib
import sys
import tempfile
import time

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
import mcp.types as types

IS_NEW = int(importlib.metadata.version("mcp").split(".")[0]) >= 2
TOOLS = ["search", "similar", "symbols", "read", "status"]
LATE_FILES = 4000


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def text_of(result):
    check(len(result.content) == 1 and result.content[0].type == "text", f"one text: {result}")
    return result.content[0].text


def is_error(result):
    return result.is_error if IS_NEW else result.isError


def make_tree(folder):
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "retry.py").write_text(
        "def limit_retries(count):\n    '''How often a request is retried.'''\n    return min(count, 5)\n")
    (folder / "src" / "other.py").write_text("def limit_requests(count):\n    return min(count, 9)\n")
    (folder / "README.md").write_text("# Project\n\n## Install\n\nnothing to do\n")


async def check_tools(call, list_tools):
    listed = (await list_tools()).tools
    check([tool.name for tool in listed] == TOOLS, f"tools {[tool.name for tool in listed]}")
    for tool in listed:
        schema = tool.input_schema if IS_NEW else tool.inputSchema
        hints = tool.annotations
        check(schema["type"] == "object" and schema["additionalProperties"] is False, "schema")
        check(len(tool.description) < 2000, "description")
        check(hints.read_only_hint if IS_NEW else hints.readOnlyHint, "read only")
    status = await call("status", {})
    check(not is_error(status) and "up to date: yes" in text_of(status), text_of(status))
    return status


async def check_answers(call):
    found = text_of(await call("search", {"query": "how often are requests retried"}))
    check("src/retry.py:1-" in found and "root: " in found, found)
    page = text_of(await call("search", {"query": "limit", "limit": 1, "paths": ["src/"]}))
    cursor = page.split('cursor "')[1].split('"')[0]
    rest = text_of(await call("search", {"query": "limit", "limit": 1, "paths": ["src/"],
                                         "cursor": cursor}))
    check(page.split("\n")[2].split(":")[0] != rest.split("\n")[2].split(":")[0], page + rest)
    read = text_of(await call("read", {"path": "src/retry.py", "start_line": 1, "end_line": 1}))
    check("    1 def limit_retries(count):" in read and "of 3" in read, read)
    outline = text_of(await call("symbols", {"path": "README.md"}))
    check("section Project.Install" in outline, outline)
    alike = await call("similar", {"path": "src/retry.py", "line": 1})
    check(not is_error(alike) and "src/other.py" in text_of(alike), text_of(alike))


async def check_errors(call):
    for arguments, says in [({}, "'query' is not given"), ({"query": 3}, "query: got a number"),
                            ({"query": "x", "limit": 900}, "1 to 50"),
                            ({"query": "x", "limits": 3}, "did you mean 'limit'"),
                            ({"query": "x", "cursor": "nonsense"}, "cursor")]:
        wrong = await call("search", arguments)
        check(is_error(wrong) and says in text_of(wrong), f"{arguments}: {wrong}")
    outside = await call("read", {"path": "../outside"})
    check(is_error(outside) and "outside" in text_of(outside), text_of(outside))
    try:
        unknown = await call("no_such_tool", {})
    except Exception as error:  # Its class has another name in each generation.
        check("no_such_tool" in str(error), f"{error}")
    else:
        raise AssertionError(f"no error for an unknown tool: {unknown}")


async def check_cancel(call, folder):
    """A call that is given up while many new files are read does not hold up the next."""
    for i in range(LATE_FILES):
        (folder / f"late{i}.txt").write_text(f"a file of number {i}\n" * 50)
    try:
        await asyncio.wait_for(call("search", {"query": "number"}), 0.05)
    except (asyncio.TimeoutError, TimeoutError):
        pass
    else:
        print("the call ended before it could be cancelled", file=sys.stderr)
    started = time.monotonic()
    text = text_of(await call("read", {"path": "src/retry.py"}))
    check("limit_retries" in text, text)
    check(time.monotonic() - started < 2, "the next call is answered at once")
    told = []
    while "not in the index yet" in text_of(await call("search", {"query": "number"}, told)):
        pass
    check(all(a < b for a, b in zip(told, told[1:])), f"progress rises: {told}")


def caller(session):
    async def call(name, arguments, told=None):
        async def tell(done, total, message):
            told.append(done)
        if told is None:
            return await session.call_tool(name, arguments)
        return await session.call_tool(name, arguments, progress_callback=tell)
    return call


def parameters(program, folder):
    return StdioServerParameters(
        command=program, args=["code", "mcp", str(folder), "--index", str(folder) + "-index"],
        env={"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "/")})


async def check_handshake(program, folder):
    async with stdio_client(parameters(program, folder)) as (reads, writes):
        async with ClientSession(reads, writes) as session:
            hello = await session.initialize()
            info = hello.server_info if IS_NEW else hello.serverInfo
            version = hello.protocol_version if IS_NEW else hello.protocolVersion
            check(info.name == "quern-code" and version == "2025-11-25", f"{hello}")
            check(str(folder) in hello.instructions, hello.instructions)
            if not IS_NEW:
                await session.send_ping()
            call = caller(session)
            await check_tools(call, session.list_tools)
            await check_answers(call)
            await check_errors(call)
            await check_cancel(call, folder)
        ended = time.monotonic()
    check(time.monotonic() - ended < 1.5, "it ends when its input does")


async def check_modern(make_client, folder):
    """2.x alone: the era without a handshake, which it tries first."""
    async with make_client() as client:
        check(client.protocol_version == "2026-07-28", f"spoken: {client.protocol_version}")
        async def call(name, arguments, told=None):
            return await client.call_tool(name, arguments)
        await check_tools(call, client.list_tools)
        await check_errors(call)
        if folder is not None:
            await check_answers(call)


async def check_http_handshake(url):
    from mcp.client import streamable_http
    connect = getattr(streamable_http, "streamable_http_client", None) or \
        streamable_http.streamablehttp_client
    async with connect(url) as streams:
        async with ClientSession(streams[0], streams[1]) as session:
            await session.initialize()
            call = caller(session)
            await check_tools(call, session.list_tools)
            await check_errors(call)


async def run(options):
    with tempfile.TemporaryDirectory() as top:
        folder = pathlib.Path(os.path.realpath(top)) / "tree"
        make_tree(folder)
        await check_handshake(options.program, folder)
        print("stdio, with a handshake: as it should be")
    if IS_NEW:
        from mcp import Client
        with tempfile.TemporaryDirectory() as top:
            folder = pathlib.Path(os.path.realpath(top)) / "tree"
            make_tree(folder)
            await check_modern(lambda: Client(stdio_client(parameters(options.program, folder))),
                               folder)
            print("stdio, without a handshake: as it should be")
    if options.url:
        await check_http_handshake(options.url)
        print("HTTP, with a handshake: as it should be")
        if IS_NEW:
            from mcp import Client
            await check_modern(lambda: Client(options.url), None)
            print("HTTP, without a handshake: as it should be")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--url")
    options = parser.parse_args()
    asyncio.run(asyncio.wait_for(run(options), 120))
    print(f"mcp {importlib.metadata.version('mcp')}: {types.LATEST_PROTOCOL_VERSION}")


if __name__ == "__main__":
    main()
