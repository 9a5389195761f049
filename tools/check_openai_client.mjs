#!/usr/bin/env node
// Drives a running quern server with the official JavaScript client and checks every answer.
//
// usage: check_openai_client.mjs URL GENERATING_MODEL [ENCODER]
//
// Run it in a folder where the npm package openai is installed. Exit 1 on the first wrong answer.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const OpenAI = createRequire(process.cwd() + '/')('openai').OpenAI;
const [url, model, encoder] = process.argv.slice(2);
if (!model) {
  console.error('usage: check_openai_client.mjs URL GENERATING_MODEL [ENCODER]');
  process.exit(2);
}
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
const messages = [{ role: 'user', content: 'Name three colours.' }];
const base = { model, messages, temperature: 0, max_tokens: 24 };
const story = { model, prompt: 'Once upon a time, in a land far away,', temperature: 0 };

async function refuses(Kind, param, call) {
  const error = await call().then(() => assert.fail(`no error about ${param}`), (e) => e);
  assert.ok(error instanceof Kind, `${error}`);
  assert.equal(error.param, param, error.message);
  return error;
}

async function checkChat() {
  const made = await client.chat.completions.create(base);
  assert.equal(made.object, 'chat.completion');
  assert.equal(made.model, model);
  assert.equal(made.choices[0].message.role, 'assistant');
  assert.ok(made.choices[0].message.content.length > 0);
  assert.equal(made.usage.total_tokens, made.usage.prompt_tokens + made.usage.completion_tokens);
  return made;
}

async function checkStream(whole) {
  const stream = await client.chat.completions.create(
    { ...base, stream: true, stream_options: { include_usage: true } });
  let text = '';
  const events = [];
  for await (const event of stream) {
    events.push(event);
    text += event.choices[0]?.delta?.content ?? '';
  }
  assert.equal(text, whole.choices[0].message.content);
  assert.equal(events[0].choices[0].delta.role, 'assistant');
  assert.equal(events.at(-2).choices[0].finish_reason, whole.choices[0].finish_reason);
  assert.deepEqual(events.at(-1).choices, []);
  assert.equal(events.at(-1).usage.completion_tokens, whole.usage.completion_tokens);
}

// The client's own accumulation of a stream must give the whole answer.
async function checkHelper(whole) {
  const runner = client.chat.completions.stream({ ...base, logprobs: true, top_logprobs: 2 });
  const final = await runner.finalChatCompletion();
  assert.equal(final.choices[0].message.content, whole.choices[0].message.content);
  assert.equal(final.choices[0].finish_reason, whole.choices[0].finish_reason);
  const bytes = final.choices[0].logprobs.content.flatMap((t) => t.bytes);
  assert.equal(Buffer.from(bytes).toString(), final.choices[0].message.content);
}

async function checkCompletions() {
  const made = await client.completions.create({ ...story, n: 2, echo: true });
  assert.equal(made.object, 'text_completion');
  assert.deepEqual(made.choices.map((c) => c.index), [0, 1]);
  assert.equal(made.choices[0].text, made.choices[1].text);
  assert.ok(made.choices[0].text.startsWith(story.prompt));
  let text = '';
  for await (const event of await client.completions.create({ ...story, stream: true })) {
    text += event.choices[0].text;
  }
  assert.equal(story.prompt + text, made.choices[0].text);
  const stop = text.slice(10, 15);
  const cut = await client.completions.create({ ...story, stop: [stop] });
  assert.equal(cut.choices[0].text, text.slice(0, text.indexOf(stop)));
  assert.equal(cut.choices[0].finish_reason, 'stop');
  const warm = { ...story, temperature: 1.2, seed: 9, logprobs: 2 };
  const [one, two] = await Promise.all([client.completions.create(warm),
                                        client.completions.create(warm)]);
  assert.equal(one.choices[0].text, two.choices[0].text);
  assert.deepEqual(one.choices[0].logprobs, two.choices[0].logprobs);
  assert.equal(one.choices[0].logprobs.tokens.join(''), one.choices[0].text);
}

async function checkAbort() {
  const controller = new AbortController();
  const stream = await client.chat.completions.create({ ...base, max_tokens: 2000, stream: true },
                                                      { signal: controller.signal });
  for await (const event of stream) {
    assert.ok(event.id);
    controller.abort();
    break;
  }
}

async function checkErrors() {
  const create = (more) => client.chat.completions.create({ ...base, ...more });
  const unknown = await refuses(OpenAI.NotFoundError, 'model', () => create({ model: 'none' }));
  assert.equal(unknown.code, 'model_not_found');
  const long = [{ role: 'user', content: 'word '.repeat(200_000) }];
  const tooLong = await refuses(OpenAI.BadRequestError, 'messages', () => create({ messages: long }));
  assert.equal(tooLong.code, 'context_length_exceeded');
  await refuses(OpenAI.BadRequestError, 'temperature', () => create({ temperature: -1 }));
  await refuses(OpenAI.BadRequestError, 'response_format',
                () => create({ response_format: { type: 'json_object' } }));
  await refuses(OpenAI.BadRequestError, 'stop', () => create({ stop: 3, stream: true }));
}

async function checkModels() {
  const names = [];
  for await (const one of client.models.list()) names.push(one.id);
  assert.ok(names.includes(model), `${names}`);
  assert.equal((await client.models.retrieve(model)).task, 'generate');
}

// The client asks for base64 by itself; it must decode to what the floats are.
async function checkEmbeddings() {
  const input = ['the cat sat', 'a dog ran', ''];
  const decoded = await client.embeddings.create({ model: encoder, input });
  const plain = await client.embeddings.create({ model: encoder, input, encoding_format: 'float' });
  assert.equal(decoded.data.length, 3);
  for (let i = 0; i < input.length; ++i) {
    assert.deepEqual(decoded.data[i].embedding.map(Math.fround),
                     plain.data[i].embedding.map(Math.fround));
  }
  await refuses(OpenAI.BadRequestError, 'model',
                () => client.chat.completions.create({ ...base, model: encoder }));
}

const whole = await checkChat();
await checkStream(whole);
await checkHelper(whole);
await checkCompletions();
await checkAbort();
await checkErrors();
await checkModels();
if (encoder) await checkEmbeddings();
console.log('right');
