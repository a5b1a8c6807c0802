"""The resources that a running process has used, from /proc and ss."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from .programs import NotMeasured, run

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of all its threads; counted in hundredths of a second."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICKS


def peak_memory_bytes(pid: int) -> int:
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    if found is None:
        raise NotMeasured("the kernel tells no peak of memory")
    return int(found[1]) * 1024


@dataclass(frozen=True)
class Traffic:
    sent: int
    received: int

    def __sub__(self, other: Traffic) -> Traffic:
        return Traffic(self.sent - other.sent, self.received - other.received)


def traffic_in(listing: str, pid: int) -> Traffic:
    """Bytes over the process's open TCP connections, from the output of `ss -tinpHO`."""
    lines = [line for line in listing.splitlines() if f"pid={pid}," in line]

    def total(name: str) -> int:
        return sum(int(bytes_) for line in lines for bytes_ in re.findall(rf"\b{name}:(\d+)", line))

    return Traffic(total("bytes_acked"), total("bytes_received"))


def traffic(pid: int) -> Traffic:
    """Bytes that went over the TCP connections that the process has open now."""
    return traffic_in(run(["ss", "-tinpHO"], timeout=10), pid)
