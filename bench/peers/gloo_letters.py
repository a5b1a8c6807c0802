"""The letters job in PyTorch with gloo: processes that train their shards and add up with all_reduce.

Without arguments of its own it starts the processes and prints what the first one says. Shards are
dealt in turn; the last rank, which has the fewest, measures the validation rows. Timed from a barrier
that all have passed to one that all have reached.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.distributed

import letters
from torch_steps import FORMULATIONS, flat_initial

PROCESSES = 4


def run(mine: list, count: int, validation, flat: torch.Tensor, rounds: int) -> float:  # type: ignore[no-untyped-def]
    local = torch.empty_like(flat)
    error = 0.0
    for _ in range(rounds):
        total = torch.zeros_like(flat)
        for shard in mine:
            local.copy_(flat)
            shard.train(local)
            total.add_(local).sub_(flat)
        torch.distributed.all_reduce(total)
        flat.add_(total, alpha=1 / count)
        if validation is not None:
            error = validation.error(flat)
    return error


def work(options, rank: int, meeting: str) -> None:  # type: ignore[no-untyped-def]
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.distributed.init_process_group("gloo", f"file://{meeting}", rank=rank, world_size=PROCESSES)
    rows = FORMULATIONS[options.formulation]
    shards, validation = letters.read(options.precision)
    mine = [rows(*shard) for shard in shards[rank::PROCESSES]]
    measured = rows(*validation) if rank == PROCESSES - 1 else None
    run(mine, len(shards), measured, flat_initial(options.precision), rounds=1)
    flat = flat_initial(options.precision)
    torch.distributed.barrier()
    begin = time.perf_counter()
    error = run(mine, len(shards), measured, flat, options.rounds)
    torch.distributed.barrier()
    seconds = time.perf_counter() - begin
    if measured is not None:
        letters.say(seconds, error)
    torch.distributed.destroy_process_group()


def start_all() -> int:
    with tempfile.TemporaryDirectory() as directory:
        environment = {"GLOO_SOCKET_IFNAME": "lo", **os.environ, "GLOO_MEETING": str(Path(directory, "meet"))}
        ranks = [
            subprocess.Popen([sys.executable, *sys.argv], env={**environment, "GLOO_RANK": str(rank)})
            for rank in range(PROCESSES)
        ]
        return max(abs(rank.wait()) for rank in ranks)


if "GLOO_RANK" in os.environ:
    work(letters.arguments(), int(os.environ["GLOO_RANK"]), os.environ["GLOO_MEETING"])
else:
    sys.exit(start_all())
