"""A coordinator and nodes as processes on free ports of loopback."""

from __future__ import annotations

import json
import re
import subprocess
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from .programs import BIN, ROOT, NotMeasured, last_object, run

_LISTENING = re.compile(r"listening on (\S+:\d+)")


def timestamp(text: str) -> float:
    """Seconds of Unix time of a protobuf Timestamp as JSON, which may have nanoseconds."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{fraction or 0}")


def duration(text: str) -> float:
    """Seconds of a protobuf Duration as JSON."""
    return float(text.removesuffix("s"))


class Cluster:
    """A cluster that is up, with all nodes, inside a `with` block. Ids name its processes."""

    def __init__(self, nodes: int, data_dir: Path, name: str) -> None:
        self._count = nodes
        self._data_dir = data_dir
        self._logs = ROOT / "build" / "bench" / "logs" / name
        self._processes: list[subprocess.Popen[bytes]] = []
        self.address = ""

    @property
    def coordinator(self) -> int:
        return self._processes[-1].pid

    @property
    def nodes(self) -> list[int]:
        return [process.pid for process in self._processes[:-1]]

    def __enter__(self) -> Cluster:
        self._logs.mkdir(parents=True, exist_ok=True)
        try:
            names = [f"node-{i + 1}" for i in range(self._count)]
            for name in names:
                self._start(name, "mlp-node", "--name", name)
            nodes = ",".join(map(self._address, names))
            self._start("coordinator", "mlp-coordinator", "--nodes", nodes)
            self.address = self._address("coordinator")
            self._wait_for_nodes()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def client(self, *arguments: str, timeout: float = 120) -> str:
        return run([BIN / "mlp-client", "--coordinator", self.address, *arguments], timeout)

    def submit(self, dataset: str, *options: str) -> str:
        """Submits a job that nobody watches; returns its id."""
        created = last_object(self.client("--json", "train", dataset, "--detach", *options))
        return str(created["job"]["id"])

    def wait_for(self, job: str, timeout: float = 300, look: float = 0.4) -> dict[str, Any]:
        """The job, which has succeeded; NotMeasured with its own words if it has not."""
        give_up = time.monotonic() + timeout
        while time.monotonic() < give_up:
            found: dict[str, Any] = last_object(self.client("--json", "job", job))["job"]
            state = found["state"].removeprefix("JOB_STATE_")
            if state == "SUCCEEDED":
                return found
            if state in ("FAILED", "CANCELLED"):
                raise NotMeasured(f"{job} {state}: {found.get('detail', '')}")
            time.sleep(look)
        raise NotMeasured(f"{job} did not end within {timeout:g} s")

    def events(self, job: str) -> list[dict[str, Any]]:
        """The events of a job that has ended."""
        lines = self.client("--json", "watch", job).splitlines()
        return [event for event in map(json.loads, lines) if "sequence" in event]

    def _start(self, name: str, program: str, *arguments: str) -> None:
        path = BIN / program
        if not path.exists():
            raise NotMeasured(f"{program} is not built")
        command = [str(path), "--listen", "127.0.0.1:0", "--data-dir", str(self._data_dir)]
        with open(self._logs / f"{name}.log", "wb") as log:
            process = subprocess.Popen([*command, *arguments], stdout=log, stderr=log, cwd=ROOT)
        self._processes.append(process)

    def _address(self, name: str) -> str:
        log = self._logs / f"{name}.log"
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            found = _LISTENING.search(log.read_text(errors="replace"))
            if found is not None:
                return found[1]
            time.sleep(0.01)
        raise NotMeasured(f"{name} does not listen: see {log}")

    def _wait_for_nodes(self) -> None:
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            listed = last_object(self.client("--json", "nodes")).get("nodes", [])
            if sum("NODE_STATE_UP" == node.get("state") for node in listed) == self._count:
                return
            time.sleep(0.1)
        raise NotMeasured(f"not all of {self._count} nodes came up: see {self._logs}")

    def _stop(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in reversed(self._processes):
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
