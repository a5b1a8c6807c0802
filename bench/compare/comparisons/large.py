"""Models of many parameters: the coordinator's cost for a byte, and the memory that it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..cluster import Cluster
from ..context import Context
from ..echo import stream
from ..generated_data import DATA, dataset
from ..process import cpu_seconds, peak_memory_bytes, traffic
from ..programs import NotMeasured
from ..row import Figure, Row, Section, Seen

_FEATURES, _CLASSES = 8, 2
_ROWS = 16
_NODES = 4
_ROUNDS = 2
_ECHOES = 256  # of 1 MiB
_NEEDED = 18 << 30  # bytes of memory, by five processes with 100 million parameters


@dataclass(frozen=True)
class Model:
    hidden: tuple[int, int]

    @property
    def parameters(self) -> int:
        first, second = self.hidden
        return (_FEATURES + 1) * first + (first + 1) * second + (second + 1) * _CLASSES

    @property
    def option(self) -> str:
        return ",".join(map(str, self.hidden))


_TEN_MILLION = Model((3000, 3321))
_HUNDRED_MILLION = Model((10_000, 9988))


def run(context: Context) -> Section:
    title = f"large models in float32 on {_NODES} nodes, {_ROWS} rows a shard, 1 epoch"
    section = Section("large", title)
    section.notes += [
        "Bytes are what went over the coordinator's TCP connections, both ways, as the kernel "
        "counts them (`ss`); processor time is the coordinator's for all that it does in the job: "
        "messages, averaging, digests, validation.",
        f"The echo: one stream of {_ECHOES} messages of 1 MiB as ByteBuffers; the client receives "
        "what it sends.",
        "Memory is the coordinator's peak (VmHWM) over the bytes of one set of parameters.",
    ]
    for shards in (8, 64):
        _ten_million(context, section, shards)
    section.rows.append(_hundred_million(context))
    return section


def _ten_million(context: Context, section: Section, shards: int) -> None:
    model = _TEN_MILLION
    title = f"{model.parameters / 1e6:.0f} million, {shards} shards"
    figures = {
        "sent": Figure(f"{title}: coordinator, time a byte sent", "ns"),
        "moved": Figure(f"{title}: coordinator, time a byte sent or received", "ns"),
        "echo stream": Figure("bare echo beside it: client, time a byte sent", "ns"),
        "memory": Figure(f"{title}: coordinator's memory ÷ parameters", "x"),
    }
    sent_ratio = Figure(f"{title}: a byte sent ÷ echo's", "x")
    moved_ratio = Figure(f"{title}: a byte sent or received ÷ echo's", "x")
    try:
        found = context.repeat(
            f"large, {title}", lambda: _job(model, shards, _ROUNDS), lambda: stream(_ECHOES)
        )
    except NotMeasured as why:
        section.rows.append(Seen(title, "completes", False, str(why)))
        for figure in (*figures.values(), sent_ratio, moved_ratio):
            section.rows.append(figure.missing("there was nothing to measure"))
        return
    section.rows.append(Seen(title, "completes", True, "completes"))
    section.rows += [figure.row(found[key]) for key, figure in figures.items()]
    section.rows.append(sent_ratio.row(found["sent"] / found["echo stream"]))
    section.rows.append(moved_ratio.row(found["moved"] / found["echo stream"].scaled(0.5)))


def _hundred_million(context: Context) -> Row:
    model = _HUNDRED_MILLION
    title = f"{model.parameters / 1e6:.0f} million, 4 shards, 1 round"
    context.say(f"large, {title}")
    if _available_memory() < _NEEDED:
        return Figure(title).missing(f"less than {_NEEDED >> 30} GiB of memory are free")
    try:
        found = _job(model, shards=4, rounds=1, timeout=900)
    except NotMeasured as why:
        return Seen(title, "completes", False, str(why))
    seen = f"completes; coordinator's memory {found['memory']:.1f} x the parameters"
    return Seen(title, "completes", True, seen)


def _job(model: Model, shards: int, rounds: int, timeout: float = 300) -> dict[str, float]:
    name = dataset(shards, _ROWS, _FEATURES)
    options = ["--hidden", model.option, "--precision", "float32"]
    options += ["--epochs", "1", "--rounds", str(rounds)]
    with Cluster(_NODES, DATA, "large") as cluster:
        pid = cluster.coordinator
        cpu, bytes_ = cpu_seconds(pid), traffic(pid)
        cluster.wait_for(cluster.submit(name, *options), timeout)
        cpu, bytes_ = cpu_seconds(pid) - cpu, traffic(pid) - bytes_
        memory = peak_memory_bytes(pid)
    if bytes_.sent < 4 * model.parameters * rounds:
        raise NotMeasured(f"ss tells of {bytes_.sent} bytes sent: less than the parameters")
    return {
        "sent": 1e9 * cpu / bytes_.sent,
        "moved": 1e9 * cpu / (bytes_.sent + bytes_.received),
        "memory": memory / (4 * model.parameters),
    }


def _available_memory() -> int:
    found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
