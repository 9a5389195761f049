#!/usr/bin/env python3
"""Drives a running quern server with the official openai client: chat and completions.

usage: check_openai_generation.py --model NAME [--url http://127.0.0.1:8090] [--key KEY]
                                  [--clients 8] [--rounds 3] [--encoder NAME]

NAME is a generating model with a chat template; --encoder names one that does not generate, to see
it refused. First one client through every kind of request, then many at once: what each is told
must be what it is told alone. Exit 1 on the first wrong answer. Needs the Python package openai.
"""
import argparse
import sys
import threading
import time

import openai

MESSAGES = [{"role": "system", "content": "You answer in few words."},
            {"role": "user", "content": "Name three colours."}]
STORY = "Once upon a time, in a land far away,"


def check(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def expect_error(kind, param, call) -> openai.APIStatusError:
    try:
        call()
    except kind as error:
        check(error.param == param, f"param is {error.param!r}, want {param!r}: {error}")
        return error
    raise AssertionError(f"no {kind.__name__} about {param}")


def ask(client, model, **options):
    return client.chat.completions.create(
        **{"model": model, "messages": MESSAGES, "temperature": 0, "max_tokens": 24, **options})


def go_on(client, model, **options):
    return client.completions.create(
        **{"model": model, "prompt": STORY, "temperature": 0, "max_tokens": 24, **options})


def check_chat(client, model) -> None:
    made = ask(client, model)
    choice = made.choices[0]
    check(made.object == "chat.completion" and made.id.startswith("chatcmpl-"), "object and id")
    check(made.model == model and abs(made.created - time.time()) < 60, "model and time")
    check(choice.message.role == "assistant" and choice.message.content, "an answer")
    check(choice.message.refusal is None and choice.logprobs is None, "nothing else")
    check(made.usage.total_tokens == made.usage.prompt_tokens + made.usage.completion_tokens, "sum")
    check(made.usage.completion_tokens <= 24, "max_tokens")
    again = ask(client, model)
    check(again.choices[0].message.content == choice.message.content, "greedy is the same again")
    check_cache(client, model)
    short = ask(client, model, max_tokens=3)
    check(short.choices[0].finish_reason == "length" and short.usage.completion_tokens == 3, "3")
    check(choice.message.content.startswith(short.choices[0].message.content), "a beginning")
    newer = ask(client, model, max_tokens=openai.NOT_GIVEN, max_completion_tokens=3)
    check(newer.usage.completion_tokens == 3, "max_completion_tokens")
    parts = [{"role": "developer", "content": "You answer in few words."},
             {"role": "user", "content": [{"type": "text", "text": "Name three colours."}]}]
    check(ask(client, model, messages=parts).choices[0].message.content == choice.message.content,
          "developer and parts are the same prompt")


def check_cache(client, model) -> None:
    """Whole pages of 64 tokens are kept, and answers are the same with them."""
    long = MESSAGES[:1] + [{"role": "user", "content": f"{time.time()} " + "Count the words. " * 40}]
    first, second = (ask(client, model, messages=long) for _ in range(2))
    check(first.usage.prompt_tokens_details.cached_tokens < 64, "a new prompt is not kept yet")
    n_cached = second.usage.prompt_tokens_details.cached_tokens
    check(0 < second.usage.prompt_tokens - n_cached <= 64, f"{n_cached} kept")
    check(first.choices[0].message.content == second.choices[0].message.content, "same answers")


def check_stream(client, model) -> None:
    whole = ask(client, model)
    events = list(ask(client, model, stream=True, stream_options={"include_usage": True}))
    check(len({e.id for e in events}) == 1, "one id")
    check(all(e.object == "chat.completion.chunk" and e.model == model for e in events), "objects")
    check(events[0].choices[0].delta.role == "assistant", "the role comes first")
    text = "".join(e.choices[0].delta.content or "" for e in events if e.choices)
    check(text == whole.choices[0].message.content, "the stream says what the whole answer says")
    reasons = [e.choices[0].finish_reason for e in events if e.choices]
    check(reasons[-1] == whole.choices[0].finish_reason and not any(reasons[:-1]), "reasons")
    check(not events[-1].choices and all(e.usage is None for e in events[:-1]), "usage is last")
    check(events[-1].usage.completion_tokens == whole.usage.completion_tokens, "usage")
    texts = list(go_on(client, model, stream=True))
    check("".join(e.choices[0].text for e in texts) == go_on(client, model).choices[0].text,
          "completions stream the same")
    check(texts[-1].choices[0].finish_reason == "length" and texts[-1].usage is None, "its end")
    begun = ask(client, model, stream=True, max_tokens=2000)
    next(iter(begun))
    begun.close()  # Leaves in the middle: the server must go on undisturbed.


def check_sampling(client, model) -> None:
    def seeded(seed, **options):
        return go_on(client, model, temperature=1.2, seed=seed, **options).choices
    first = seeded(11)[0].text
    check(seeded(11)[0].text == first, "the same seed, the same text")
    many = seeded(11, n=4)
    check([c.index for c in many] == [0, 1, 2, 3], "indexes")
    check(many[0].text == first and many[2].text == seeded(13)[0].text, "seeds count up")
    check(len({c.text for c in many}) > 1, "choices differ")
    free = {go_on(client, model, temperature=1.2).choices[0].text for _ in range(4)}
    check(len(free) > 1, "without a seed each answer is new")
    for options in ({"top_p": 0.01}, {"extra_body": {"top_k": 1}}, {"extra_body": {"min_p": 1}}):
        check(seeded(5, **options)[0].text == go_on(client, model).choices[0].text,
              f"{options} leaves the likeliest token alone")
    greedy = go_on(client, model, logprobs=0).choices[0]
    plain = go_on(client, model, frequency_penalty=2, presence_penalty=2).choices[0].text
    check(isinstance(plain, str), "penalties")
    likely = ask(client, model, logprobs=True, top_logprobs=2, max_tokens=1).choices[0]
    check(len(likely.logprobs.content) == 1 and greedy.logprobs is not None, "one token")


def check_stop(client, model) -> None:
    whole = go_on(client, model).choices[0].text
    for stop in (whole[9:14], [whole[12:15], "never there"], whole[:1], ""):
        made = go_on(client, model, stop=stop).choices[0]
        cuts = [whole.find(s) for s in ([stop] if isinstance(stop, str) else stop) if s]
        end = min([c for c in cuts if c >= 0], default=len(whole))
        check(made.text == whole[:end], f"stop {stop!r}: {made.text!r}, want {whole[:end]!r}")
        check(made.finish_reason == ("length" if end == len(whole) else "stop"), "its reason")
        events = go_on(client, model, stop=stop, stream=True)
        check("".join(e.choices[0].text for e in events) == whole[:end], "and streamed")


def check_logprobs(client, model) -> None:
    chat = ask(client, model, logprobs=True, top_logprobs=3).choices[0]
    tokens = chat.logprobs.content
    joined = b"".join(bytes(t.bytes) for t in tokens).decode()
    check(joined == chat.message.content, "the tokens make up the text")
    for token in tokens:
        check(token.logprob <= 0 and len(token.top_logprobs) == 3, "three likeliest")
        values = [t.logprob for t in token.top_logprobs]
        check(values == sorted(values, reverse=True), "best first")
        check(token.top_logprobs[0].token == token.token, "greedy takes the best")
    events = list(ask(client, model, logprobs=True, top_logprobs=3, stream=True))
    streamed = [t for e in events if e.choices[0].logprobs for t in e.choices[0].logprobs.content]
    check([(t.token, t.logprob) for t in streamed] == [(t.token, t.logprob) for t in tokens],
          "streamed logprobs are the same")
    text = go_on(client, model, logprobs=2).choices[0]
    check("".join(text.logprobs.tokens) == text.text, "tokens of a completion")
    for offset, token in zip(text.logprobs.text_offset, text.logprobs.tokens):
        check(text.text[offset:offset + len(token)] == token, "offsets")
    check(all(len(top) == 2 and token in top for top, token
              in zip(text.logprobs.top_logprobs, text.logprobs.tokens)), "two, and the taken one")
    never = tokens[0].token
    biased = go_on(client, model, logprobs=0, logit_bias={"0": -100}).choices[0]
    check(biased.text == go_on(client, model).choices[0].text, f"a harmless bias ({never!r})")


def check_completions(client, model) -> None:
    alone = [go_on(client, model, prompt=p).choices[0].text for p in (STORY, "One, two,")]
    made = go_on(client, model, prompt=[STORY, "One, two,"], n=2)
    check([c.text for c in made.choices] == [alone[0]] * 2 + [alone[1]] * 2, "in their order")
    echo = go_on(client, model, echo=True).choices[0].text
    check(echo == STORY + alone[0], "echo")
    ids = go_on(client, model, prompt=[504, 3575, 282, 4649, 314], echo=True)
    check(len(ids.choices) == 1 and ids.usage.prompt_tokens == 5, "token ids")
    both = go_on(client, model, prompt=[[504, 3575, 282, 4649, 314], [504]], echo=True)
    check(both.choices[0].text == ids.choices[0].text and len(both.choices) == 2, "lists of ids")
    default = client.completions.create(model=model, prompt=STORY, temperature=0)
    check(default.usage.completion_tokens == 16, "16 tokens by default")


def check_errors(client, model, encoder) -> None:
    error = expect_error(openai.NotFoundError, "model", lambda: ask(client, model + "_"))
    check(error.code == "model_not_found", "code of an unknown model")
    expect_error(openai.NotFoundError, "model", lambda: go_on(client, "/etc/passwd"))
    error = expect_error(openai.BadRequestError, "prompt",
                         lambda: go_on(client, model, prompt="word " * 200_000))
    check(error.code == "context_length_exceeded", f"code of a long prompt: {error.code}")
    error = expect_error(
        openai.BadRequestError, "messages",
        lambda: ask(client, model, messages=[{"role": "user", "content": "word " * 200_000}]))
    check(error.code == "context_length_exceeded", "code of a long chat")
    image = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]
    for field, value in (("temperature", -1), ("temperature", 1000), ("top_p", 2), ("n", 0),
                         ("n", 1000), ("max_tokens", 0), ("stop", 5), ("logit_bias", {"x": 1}),
                         ("logit_bias", {"99999999": 1}), ("top_logprobs", 3), ("messages", []),
                         ("messages", [{"role": "bot", "content": "x"}]), ("messages", image),
                         ("response_format", {"type": "json_object"}),
                         ("tool_choice", "required"), ("stream_options", {"include_usage": True})):
        expect_error(openai.BadRequestError, field,
                     lambda f=field, v=value: ask(client, model, **{f: v}))
    for field, value in (("suffix", "x"), ("best_of", 3), ("prompt", []), ("logprobs", 50),
                         ("prompt", [10**8])):
        expect_error(openai.BadRequestError, field,
                     lambda f=field, v=value: go_on(client, model, **{f: v}))
    expect_error(openai.BadRequestError, "temperature",
                 lambda: ask(client, model, stream=True, temperature=-1))
    if encoder:
        expect_error(openai.BadRequestError, "model", lambda: ask(client, encoder))
    check(client.models.retrieve(model).id == model, "the model is found")


def check_crowd(args) -> None:
    """Clients at once are told what they are told alone."""
    client = make_client(args)
    prompts = [f"Chapter {i}. It was" for i in range(args.clients)]
    want = [go_on(client, args.model, prompt=p, seed=i, temperature=0.8).choices[0].text
            for i, p in enumerate(prompts)]
    problems = []

    def run_one(i: int) -> None:
        own = make_client(args)
        try:
            for k in range(args.rounds):
                events = go_on(own, args.model, prompt=prompts[i], seed=i, temperature=0.8,
                               stream=True)
                text = "".join(e.choices[0].text for e in events)
                check(text == want[i], f"client {i}, round {k}: {text!r}, alone {want[i]!r}")
        except Exception as error:  # pylint: disable=broad-except
            problems.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=run_one, args=(i,)) for i in range(args.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not problems, "; ".join(problems[:3]))


def make_client(args) -> openai.OpenAI:
    return openai.OpenAI(base_url=args.url + "/v1", api_key=args.key, max_retries=0, timeout=300)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--url", default="http://127.0.0.1:8090")
    parser.add_argument("--model", required=True)
    parser.add_argument("--key", default="none")
    parser.add_argument("--encoder", default="")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    client = make_client(args)
    for part in (check_chat, check_stream, check_sampling, check_stop, check_logprobs,
                 check_completions):
        part(client, args.model)
        print(f"{part.__name__}: right", flush=True)
    check_errors(client, args.model, args.encoder)
    print("check_errors: right", flush=True)
    check_crowd(args)
    print(f"check_crowd: right, {args.clients} clients, {args.rounds} rounds")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as wrong:
        print(f"wrong: {wrong}", file=sys.stderr)
        sys.exit(1)
