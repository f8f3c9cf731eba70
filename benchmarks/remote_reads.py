"""How many headers a second one task reads from a store that answers late.

    python -m benchmarks.remote_reads [--store s3] [--delay 30] [--files 5000] [--reads 32]

A server in a process of its own speaks as much of S3, or of WebHDFS, as ranged reads need: it answers every request
``--delay`` milliseconds after it came, with a part of one CT header. Of WebHDFS it is name node and data node: a read
is sent on, and each answer of the data node ends its connection, as Hadoop's does. One process reads headers as a task
does: ``--reads`` at once (by default, what the store asks for), results in order.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

from pydicom.data import get_testdata_file

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.result import Header, HeaderStatus
from eds_spark_imaging.storage import store_of

FILE = Path(str(get_testdata_file("CT_small.dcm")))
RANGE = re.compile(rb"\r\nrange: *bytes=(\d+)-(\d+)", re.IGNORECASE)
OPEN = re.compile(rb"^GET (/webhdfs/v1/[^?]*)\?op=OPEN&(?P<sent_on>sent_on&)?offset=(\d+)&length=(\d+)")
ROOTS = {"s3": "s3://bucket/study", "webhdfs": "webhdfs://127.0.0.1:{port}/study"}


class LateServer(asyncio.Protocol):
    """Answers ranged GETs of S3 and reads of WebHDFS, each after ``delay`` seconds."""

    def __init__(self, body: bytes, delay: float) -> None:
        self.body, self.delay, self.received = body, delay, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self.received = (self.received + data).split(b"\r\n\r\n")
        for request in requests:
            asyncio.get_running_loop().call_later(self.delay, self.answer, request)

    def answer(self, request: bytes) -> None:
        if read := OPEN.match(request):
            self.answer_webhdfs(read)
            return
        match = RANGE.search(request)
        start, end = (int(match[1]), int(match[2]) + 1) if match else (0, len(self.body))
        part = self.body[start:end]
        head = (
            f"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {start}-{start + len(part) - 1}/{len(self.body)}\r\n"
            f'Content-Length: {len(part)}\r\nETag: "1"\r\nLast-Modified: Mon, 06 May 2024 07:08:09 GMT\r\n\r\n'
        )
        self.transport.write(head.encode() + part)  # type: ignore[attr-defined]

    def answer_webhdfs(self, read: re.Match[bytes]) -> None:
        path, sent_on, start, length = read.groups()
        if sent_on:
            part = self.body[int(start) : int(start) + int(length)]
            head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(part)}\r\n\r\n"
            self.transport.write(head.encode() + part)  # type: ignore[attr-defined]
            self.transport.close()
            return
        host, port = self.transport.get_extra_info("sockname")
        query = f"op=OPEN&sent_on&offset={int(start)}&length={int(length)}"
        place = f"http://{host}:{port}{path.decode()}?{query}"
        head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n"
        self.transport.write(head.encode())  # type: ignore[attr-defined]


def serve(delay: float, port: Connection) -> None:
    async def run() -> None:
        body = FILE.read_bytes()
        server = await asyncio.get_running_loop().create_server(lambda: LateServer(body, delay), "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def read(root: str, files: int, reads: int) -> Iterator[Header]:
    reader, store, size = HeaderReader(declaration()), store_of(root), FILE.stat().st_size
    with ThreadPoolExecutor(reads) as pool:
        yield from pool.map(lambda n: reader.read(store.open(f"{root}/{n}.dcm", size)), range(files))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", choices=ROOTS, default="s3")
    parser.add_argument("--delay", type=float, default=30, help="milliseconds added to each request")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--reads", type=int, help="at once")
    given = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(given.delay / 1000, theirs), daemon=True)
    server.start()
    port = ours.recv()
    os.environ |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": "eu-west-3"}
    os.environ |= {"AWS_ACCESS_KEY_ID": "benchmark", "AWS_SECRET_ACCESS_KEY": "benchmark"}
    root = ROOTS[given.store].format(port=port)
    reads = given.reads or store_of(root).concurrency
    for _ in read(root, reads, reads):  # open the connections
        pass
    began, work = time.perf_counter(), time.process_time()
    headers = list(read(root, given.files, reads))
    seconds, work = time.perf_counter() - began, time.process_time() - work
    assert all(header.status is HeaderStatus.PARSED for header in headers)
    what = f"{given.files} headers by {given.store}, {reads} at once, {given.delay:g} ms added to each request"
    print(f"{what}: {given.files / seconds:.0f} files/s, {1000 * work / given.files:.2f} ms of processor a file")
    server.terminate()


if __name__ == "__main__":
    main()
