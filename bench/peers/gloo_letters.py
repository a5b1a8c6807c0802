"""The letters job in PyTorch with gloo: four processes that add up their changes with all_reduce.

It starts itself once more for each rank. Shards are dealt in turn; the last rank, which has the
fewest, measures the validation rows and prints the result. Timed from one barrier to another.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.distributed

import letters
from torch_steps import FORMULATIONS, Shard, flat_initial

PROCESSES = 4


def run(
    mine: list[Shard], count: int, validation: Shard | None, flat: torch.Tensor, rounds: int
) -> float:
    """`count` shards in all. The last validation error, where this rank measures it."""
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


def work(options: argparse.Namespace, rank: int, meeting: str) -> None:
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.distributed.init_process_group(
        "gloo", f"file://{meeting}", rank=rank, world_size=PROCESSES
    )
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
        meeting = str(Path(directory, "meeting"))
        environment = {"GLOO_SOCKET_IFNAME": "lo", **os.environ, "GLOO_MEETING": meeting}
        ranks = [
            subprocess.Popen(
                [sys.executable, *sys.argv], env={**environment, "GLOO_RANK": str(rank)}
            )
            for rank in range(PROCESSES)
        ]
        return max(abs(rank.wait()) for rank in ranks)


if "GLOO_RANK" in os.environ:
    work(letters.arguments(), int(os.environ["GLOO_RANK"]), os.environ["GLOO_MEETING"])
else:
    sys.exit(start_all())
