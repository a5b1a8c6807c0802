"""echo_bench: the least cost of gRPC, on this machine at this moment."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .process import cpu_seconds
from .programs import BIN, NotMeasured, last_object, run


@dataclass(frozen=True)
class EchoServer:
    pid: int
    port: str


@contextmanager
def _server() -> Iterator[EchoServer]:
    path = BIN / "echo_bench"
    if not path.exists():
        raise NotMeasured("echo_bench is not built")
    process = subprocess.Popen([str(path), "serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield EchoServer(process.pid, process.stdout.readline().strip())
    finally:
        process.terminate()
        process.wait()


def calls(count: int, outstanding: int) -> dict[str, float]:
    """Unary calls: their number a second, and the processor time of client and server for one."""
    with _server() as server:
        _call(server, 1000, outstanding)  # warm
        before = cpu_seconds(server.pid)
        found = _call(server, count, outstanding)
        served = cpu_seconds(server.pid) - before
    return {
        "echo calls per second": count / found["seconds"],
        "echo client": 1e6 * found["cpu_seconds"] / count,
        "echo server": 1e6 * served / count,
    }


def _call(server: EchoServer, count: int, outstanding: int) -> dict[str, float]:
    words = [str(BIN / "echo_bench"), "call", server.port, "--calls", str(count)]
    return last_object(run([*words, "--outstanding", str(outstanding)], timeout=120))


def stream(messages: int) -> dict[str, float]:
    """The client's processor time, in nanoseconds, for a byte sent; it receives as many."""
    with _server() as server:
        words = [str(BIN / "echo_bench"), "stream", server.port, "--messages", str(messages)]
        found = last_object(run(words, timeout=300))
    return {"echo stream": 1e9 * found["cpu_seconds"] / found["bytes_sent"]}
