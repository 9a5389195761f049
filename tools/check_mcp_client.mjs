#!/usr/bin/env node
// Drives `quern code mcp` with the official JavaScript clients and checks every answer.
//
// usage: check_mcp_client.mjs PROGRAM [URL]
//
// Makes a small tree of its own, and an index beside it; with a URL (http://127.0.0.1:8091/mcp) also
// asks a server that is running. Run it in a folder where the npm packages @modelcontextprotocol/sdk
// (1.x, with a handshake) and @modelcontextprotocol/client (2.x, both) are installed; one that is
// not there is left out and said. Exit 1 on the first wrong answer.

import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(process.cwd() + '/');
const [program, url] = process.argv.slice(2);
if (!program) {
  console.error('usage: check_mcp_client.mjs PROGRAM [URL]');
  process.exit(2);
}
const TOOLS = ['search', 'similar', 'symbols', 'read', 'status'];
const LATE_FILES = 4000;

function makeTree() {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'quern-mcp-')));
  const folder = join(top, 'tree');
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'src', 'retry.py'),
    "def limit_retries(count):\n    '''How often a request is retried.'''\n    return min(count, 5)\n");
  writeFileSync(join(folder, 'src', 'other.py'), 'def limit_requests(count):\n    return min(count, 9)\n');
  return { top, folder };
}

function textOf(result) {
  assert.equal(result.content.length, 1, JSON.stringify(result));
  assert.equal(result.content[0].type, 'text');
  return result.content[0].text;
}

async function checkTools(client) {
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name), TOOLS);
  for (const tool of tools) {
    assert.equal(tool.inputSchema.type, 'object');
    assert.equal(tool.annotations.readOnlyHint, true);
    assert.ok(tool.description.length < 2000);
  }
  const status = textOf(await client.callTool({ name: 'status' }));
  assert.match(status, /up to date: yes/);
}

async function checkAnswers(client) {
  const ask = (name, args) => client.callTool({ name, arguments: args });
  const found = textOf(await ask('search', { query: 'how often are requests retried' }));
  assert.match(found, /src\/retry\.py:1-/);
  const page = textOf(await ask('search', { query: 'limit', limit: 1 }));
  const cursor = /cursor "([^"]+)"/.exec(page)[1];
  const rest = textOf(await ask('search', { query: 'limit', limit: 1, cursor }));
  assert.notEqual(page.split('\n')[2], rest.split('\n')[2]);
  assert.match(textOf(await ask('read', { path: 'src/retry.py', end_line: 1 })), /lines 1 to 1 of 3/);
}

async function checkErrors(client) {
  for (const [args, says] of [[{}, /'query' is not given/], [{ query: 3 }, /got a number/],
    [{ query: 'x', limit: 900 }, /1 to 50/], [{ query: 'x', limits: 3 }, /did you mean 'limit'/]]) {
    const wrong = await client.callTool({ name: 'search', arguments: args });
    assert.equal(wrong.isError, true, JSON.stringify(wrong));
    assert.match(textOf(wrong), says);
  }
  const error = await client.callTool({ name: 'no_such_tool', arguments: {} })
    .then(() => assert.fail('no error for an unknown tool'), (e) => e);
  assert.match(error.message, /no_such_tool/);
}

/** A call that is given up while many new files are read is not answered, and holds up nobody. */
async function checkCancel(client, folder, callOptions) {
  for (let i = 0; i < LATE_FILES; ++i) {
    writeFileSync(join(folder, `late${i}.txt`), `a file of number ${i}\n`.repeat(50));
  }
  const abort = new AbortController();
  setTimeout(() => abort.abort('given up'), 50);
  await callOptions(client, { name: 'search', arguments: { query: 'number' } }, { signal: abort.signal })
    .then(() => console.error('the call ended before it could be cancelled'), (e) => e);
  const started = performance.now();
  assert.match(textOf(await client.callTool({ name: 'read', arguments: { path: 'src/retry.py' } })),
    /limit_retries/);
  assert.ok(performance.now() - started < 2000, 'the next call is answered at once');
  const told = [];
  for (;;) {
    const answer = await callOptions(client, { name: 'search', arguments: { query: 'number' } },
      { onprogress: ({ progress }) => told.push(progress) });
    if (!textOf(answer).includes('not in the index yet')) break;
  }
}

async function checkStdio(what, Client, Transport, clientOptions, callOptions, version) {
  const { top, folder } = makeTree();
  const client = new Client({ name: 'check', version: '1' }, clientOptions);
  await client.connect(new Transport({ command: program,
    args: ['code', 'mcp', folder, '--index', join(top, 'index')], stderr: 'inherit' }));
  const spoken = client.getNegotiatedProtocolVersion?.();
  if (spoken) assert.equal(spoken, version);
  await checkTools(client);
  await checkAnswers(client);
  await checkErrors(client);
  await checkCancel(client, folder, callOptions);
  const closing = performance.now();
  await client.close();
  assert.ok(performance.now() - closing < 1500, 'it ends when its input does');
  rmSync(top, { recursive: true });
  console.log(`${what} over stdio: as it should be`);
}

async function checkHttp(what, Client, Transport, clientOptions, version) {
  const client = new Client({ name: 'check', version: '1' }, clientOptions);
  await client.connect(new Transport(new URL(url)));
  const spoken = client.getNegotiatedProtocolVersion?.();
  if (spoken) assert.equal(spoken, version);
  await checkTools(client);
  await checkErrors(client);
  await client.close();
  console.log(`${what} over HTTP: as it should be`);
}

function load(name) {
  try {
    return require(name);
  } catch (error) {
    console.error(`left out: ${name} is not here`);
    return null;
  }
}

const oldClient = load('@modelcontextprotocol/sdk/client/index.js');
const newClient = load('@modelcontextprotocol/client');
assert.ok(oldClient || newClient, 'no client is installed here');
if (oldClient) {
  const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');
  const { StreamableHTTPClientTransport } = require('@modelcontextprotocol/sdk/client/streamableHttp.js');
  const call = (client, params, options) => client.callTool(params, undefined, options);
  await checkStdio('sdk 1', oldClient.Client, StdioClientTransport, {}, call);
  if (url) await checkHttp('sdk 1', oldClient.Client, StreamableHTTPClientTransport, {});
}
if (newClient) {
  const { StdioClientTransport } = require('@modelcontextprotocol/client/stdio');
  const call = (client, params, options) => client.callTool(params, options);
  for (const [what, options, version] of [
    ['client 2 with a handshake', {}, '2025-11-25'],
    ['client 2 without a handshake', { versionNegotiation: { mode: 'auto' } }, '2026-07-28']]) {
    await checkStdio(what, newClient.Client, StdioClientTransport, options, call, version);
    if (url) await checkHttp(what, newClient.Client, newClient.StreamableHTTPClientTransport, options, version);
  }
}
