"""A shard of the letters job in PyTorch, in two formulations; the benchmark takes the faster one.

Parameters are one flat tensor, W before V, so that averaging is one operation.
"""

from __future__ import annotations

import numpy
import torch

import letters

W_SIZE = (letters.FEATURES + 1) * letters.HIDDEN


def flat_initial(precision: str) -> torch.Tensor:
    w, v = letters.initial(precision)
    return torch.from_numpy(numpy.concatenate([w.ravel(), v.ravel()]))


def views(flat: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    w = flat[:W_SIZE].view(letters.FEATURES + 1, letters.HIDDEN)
    return w, flat[W_SIZE:].view(letters.HIDDEN + 1, letters.CLASSES)


class Manual:
    """The gradient by hand, into buffers that are allocated once."""

    def __init__(self, features: numpy.ndarray, labels: numpy.ndarray) -> None:
        x = torch.from_numpy(features)
        rows = x.shape[0]
        self.x1 = torch.cat([x.new_ones(rows, 1), x], dim=1)
        self.x1_transposed = self.x1.t().contiguous()
        self.labels = torch.from_numpy(labels)
        self.index = self.labels.view(-1, 1)
        self.minus_one = x.new_full((rows, 1), -1)
        self.z1 = x.new_ones(rows, letters.HIDDEN + 1)  # [1 Z]
        self.a = x.new_empty(rows, letters.HIDDEN)
        self.logits = x.new_empty(rows, letters.CLASSES)
        self.y = x.new_empty(rows, letters.CLASSES)
        self.picked = x.new_empty(rows, 1)
        self.back = x.new_empty(rows, letters.HIDDEN)
        self.mask = torch.empty(rows, letters.HIDDEN, dtype=x.dtype)

    def forward(self, flat: torch.Tensor) -> float:
        w, v = views(flat)
        torch.mm(self.x1, w, out=self.a)
        self.z1[:, 1:].copy_(self.a)
        torch.mm(self.z1, v, out=self.logits)
        torch.softmax(self.logits, dim=1, out=self.y)
        torch.gather(self.y, 1, self.index, out=self.picked)
        return -self.picked.add_(1e-6).log_().sum().item()

    def step(self, flat: torch.Tensor) -> None:
        w, v = views(flat)
        self.y.scatter_add_(1, self.index, self.minus_one)
        torch.mm(self.y, v[1:].t(), out=self.back)
        torch.ge(self.a, 0, out=self.mask)
        self.back.mul_(self.mask)
        v.addmm_(self.z1.t(), self.y, alpha=-letters.LEARNING_RATE)
        w.addmm_(self.x1_transposed, self.back, alpha=-letters.LEARNING_RATE)

    def wrong(self) -> int:
        return int((self.logits.argmax(dim=1) != self.labels).sum())

    def train(self, flat: torch.Tensor) -> None:
        """Changes `flat`; as many steps as the job says."""
        with torch.no_grad():
            before = 0.0
            for epoch in range(letters.EPOCHS):
                loss = self.forward(flat)
                if epoch > 0 and abs(loss - before) <= letters.TOLERANCE:
                    break
                before = loss
                self.step(flat)
            self.forward(flat)
            self.wrong()

    def error(self, flat: torch.Tensor) -> float:
        with torch.no_grad():
            self.forward(flat)
            return self.wrong() / len(self.labels)


class _Unrectified(torch.autograd.Function):
    """Forward nothing, backward the mask of a ReLU, as the reference system does."""

    @staticmethod
    def forward(context, a):  # type: ignore[no-untyped-def]
        context.save_for_backward(a)
        return a.view_as(a)

    @staticmethod
    def backward(context, gradient):  # type: ignore[no-untyped-def]
        (a,) = context.saved_tensors
        return gradient * (a >= 0)


class Autograd:
    """As one would write it: torch's own functions, and its gradient."""

    def __init__(self, features: numpy.ndarray, labels: numpy.ndarray) -> None:
        self.x = torch.from_numpy(features)
        self.labels = torch.from_numpy(labels)
        self.index = self.labels.view(-1, 1)

    def _logits(self, w: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        z = _Unrectified.apply(torch.addmm(w[0], self.x, w[1:]))
        return torch.addmm(v[0], z, v[1:])

    def _loss(self, log_y: torch.Tensor) -> float:
        return -log_y.detach().gather(1, self.index).exp_().add_(1e-6).log_().sum().item()

    def train(self, flat: torch.Tensor) -> None:
        w, v = (part.detach().requires_grad_() for part in views(flat))
        before = 0.0
        for epoch in range(letters.EPOCHS):
            log_y = torch.log_softmax(self._logits(w, v), dim=1)
            loss = self._loss(log_y)
            if epoch > 0 and abs(loss - before) <= letters.TOLERANCE:
                break
            before = loss
            cost = torch.nn.functional.nll_loss(log_y, self.labels, reduction="sum")
            gradient_w, gradient_v = torch.autograd.grad(cost, (w, v))
            with torch.no_grad():
                w.sub_(gradient_w, alpha=letters.LEARNING_RATE)
                v.sub_(gradient_v, alpha=letters.LEARNING_RATE)
        self.error(flat)

    def error(self, flat: torch.Tensor) -> float:
        with torch.no_grad():
            logits = self._logits(*views(flat))
            self._loss(torch.log_softmax(logits, dim=1))
            return int((logits.argmax(dim=1) != self.labels).sum()) / len(self.labels)


Shard = Manual | Autograd
FORMULATIONS: dict[str, type[Manual] | type[Autograd]] = {"manual": Manual, "autograd": Autograd}
