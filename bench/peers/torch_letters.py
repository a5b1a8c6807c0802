"""The letters job in PyTorch, one process, one thread."""

from __future__ import annotations

import time

import torch

import letters
from torch_steps import FORMULATIONS, Shard, flat_initial


def run(shards: list[Shard], validation: Shard, flat: torch.Tensor, rounds: int) -> float:
    local = torch.empty_like(flat)
    for _ in range(rounds):
        total = torch.zeros_like(flat)
        for shard in shards:
            local.copy_(flat)
            shard.train(local)
            total.add_(local).sub_(flat)
        flat.add_(total, alpha=1 / len(shards))
        error = validation.error(flat)
    return error


def main() -> None:
    options = letters.arguments()
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    rows = FORMULATIONS[options.formulation]
    shards, validation = letters.read(options.precision)
    all_rows = [rows(*shard) for shard in shards]
    validation_rows = rows(*validation)
    run(all_rows, validation_rows, flat_initial(options.precision), rounds=1)
    flat = flat_initial(options.precision)
    begin = time.perf_counter()
    error = run(all_rows, validation_rows, flat, options.rounds)
    letters.say(time.perf_counter() - begin, error)


main()
