#!/usr/bin/env python3
"""An embedding server as people build it: asyncio, one worker that batches what waits, ONNX Runtime. An opponent for server_under_load.py.

usage: onnx_batcher.py MODEL_FOLDER GRAPH.onnx [--port 0] [--max-batch 64] [--threads N]

Answers POST /v1/embeddings of one text; mean pooling, normalised. Prints "listening on http://127.0.0.1:PORT".
Needs: numpy, onnxruntime, tokenizers.
"""
import argparse
import asyncio
import json
import os
import pathlib
import threading

import numpy as np
import onnxruntime
import tokenizers


class Batcher:
    """Takes what is there when the last batch is done: never waits while idle."""

    def __init__(self, a, loop) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = a.threads
        self.session = onnxruntime.InferenceSession(a.graph, options, providers=["CPUExecutionProvider"])
        self.names = {i.name for i in self.session.get_inputs()}
        self.tokenizer = tokenizers.Tokenizer.from_file(str(pathlib.Path(a.folder, "tokenizer.json")))
        self.tokenizer.enable_truncation(256)
        self.tokenizer.enable_padding()
        self.most, self.loop = a.max_batch, loop
        self.waiting, self.changed = [], threading.Condition()
        threading.Thread(target=self.run, daemon=True).start()

    def add(self, text: str):
        future = self.loop.create_future()
        with self.changed:
            self.waiting.append((text, future))
            self.changed.notify()
        return future

    def run(self) -> None:
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.waiting)
                batch, self.waiting = self.waiting[:self.most], self.waiting[self.most:]
            rows = self.embed([text for text, _ in batch])
            self.loop.call_soon_threadsafe(self.answer, [future for _, future in batch], rows)

    def embed(self, texts: list[str]) -> np.ndarray:
        encoded = self.tokenizer.encode_batch(texts)
        ids = np.array([e.ids for e in encoded], np.int64)
        mask = np.array([e.attention_mask for e in encoded], np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = self.session.run(None, {k: v for k, v in given.items() if k in self.names})[0]
        weights = mask[:, :, None].astype(np.float32)
        rows = (hidden * weights).sum(1) / weights.sum(1)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    @staticmethod
    def answer(futures, rows) -> None:
        for future, row in zip(futures, rows):
            if not future.done():
                future.set_result(row)


class Connection(asyncio.Protocol):
    def __init__(self, batcher: Batcher) -> None:
        self.batcher, self.bytes = batcher, b""

    def connection_made(self, transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.bytes += data
        head, found, body = self.bytes.partition(b"\r\n\r\n")
        if not found:
            return
        n = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        if len(body) < n:
            return
        self.bytes = body[n:]
        wanted = json.loads(body[:n])["input"]
        future = self.batcher.add(wanted if isinstance(wanted, str) else wanted[0])
        future.add_done_callback(self.respond)

    def respond(self, future) -> None:
        answer = {"object": "list", "model": "model", "usage": {"prompt_tokens": 0, "total_tokens": 0},
                  "data": [{"object": "embedding", "index": 0, "embedding": future.result().tolist()}]}
        body = json.dumps(answer).encode()
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


async def serve(a) -> None:
    loop = asyncio.get_running_loop()
    batcher = Batcher(a, loop)
    server = await loop.create_server(lambda: Connection(batcher), "127.0.0.1", a.port)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("graph")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--max-batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
