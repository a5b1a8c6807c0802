"""The letters job in NumPy: whole matrices at a time, into buffers that are allocated once."""

from __future__ import annotations

import time

import numpy

import letters


class Rows:
    """Rows at work. X1 = [1 X] (rows, d + 1)."""

    def __init__(self, features: numpy.ndarray, labels: numpy.ndarray) -> None:
        rows, kind = len(labels), features.dtype
        self.x1 = numpy.concatenate([numpy.ones((rows, 1), kind), features], axis=1)
        self.x1_transposed = numpy.ascontiguousarray(self.x1.T)
        self.labels = labels
        self.index = numpy.arange(rows)
        self.z1 = numpy.ones((rows, letters.HIDDEN + 1), kind)  # [1 Z]
        self.a = numpy.empty((rows, letters.HIDDEN), kind)
        self.y = numpy.empty((rows, letters.CLASSES), kind)
        self.column = numpy.empty((rows, 1), kind)
        self.back = numpy.empty((rows, letters.HIDDEN), kind)
        self.mask = numpy.empty((rows, letters.HIDDEN), bool)
        self.dw = numpy.empty((letters.FEATURES + 1, letters.HIDDEN), kind)
        self.dv = numpy.empty((letters.HIDDEN + 1, letters.CLASSES), kind)

    def forward(self, w: numpy.ndarray, v: numpy.ndarray) -> float:
        """Y, and the loss."""
        numpy.dot(self.x1, w, out=self.a)
        self.z1[:, 1:] = self.a
        numpy.dot(self.z1, v, out=self.y)
        numpy.max(self.y, axis=1, keepdims=True, out=self.column)
        numpy.subtract(self.y, self.column, out=self.y)
        numpy.exp(self.y, out=self.y)
        numpy.sum(self.y, axis=1, keepdims=True, out=self.column)
        numpy.divide(self.y, self.column, out=self.y)
        return -float(numpy.log(self.y[self.index, self.labels] + 1e-6).sum())

    def backward(self, v: numpy.ndarray) -> None:
        """dV and dW of this step; Y becomes Y - onehot."""
        self.y[self.index, self.labels] -= 1
        numpy.dot(self.z1.T, self.y, out=self.dv)
        numpy.dot(self.y, v[1:].T, out=self.back)
        numpy.greater_equal(self.a, 0, out=self.mask)
        numpy.multiply(self.back, self.mask, out=self.back)
        numpy.dot(self.x1_transposed, self.back, out=self.dw)

    def wrong(self) -> int:
        return int((self.y.argmax(axis=1) != self.labels).sum())


def train(rows: Rows, w: numpy.ndarray, v: numpy.ndarray) -> None:
    before = 0.0
    for epoch in range(letters.EPOCHS):
        loss = rows.forward(w, v)
        if epoch > 0 and abs(loss - before) <= letters.TOLERANCE:
            break
        before = loss
        rows.backward(v)
        rows.dw *= letters.LEARNING_RATE
        rows.dv *= letters.LEARNING_RATE
        w -= rows.dw
        v -= rows.dv
    rows.forward(w, v)
    rows.wrong()


def run(
    shards: list[Rows], validation: Rows, w: numpy.ndarray, v: numpy.ndarray, rounds: int
) -> float:
    for _ in range(rounds):
        sum_w, sum_v = numpy.zeros_like(w), numpy.zeros_like(v)
        for shard in shards:
            local_w, local_v = w.copy(), v.copy()
            train(shard, local_w, local_v)
            sum_w += local_w - w
            sum_v += local_v - v
        w += sum_w / len(shards)
        v += sum_v / len(shards)
        validation.forward(w, v)
        error = validation.wrong() / len(validation.labels)
    return error


def main() -> None:
    options = letters.arguments()
    shards, validation = letters.read(options.precision)
    all_rows = [Rows(*shard) for shard in shards]
    validation_rows = Rows(*validation)
    run(all_rows, validation_rows, *letters.initial(options.precision), rounds=1)
    w, v = letters.initial(options.precision)
    begin = time.perf_counter()
    error = run(all_rows, validation_rows, w, v, options.rounds)
    letters.say(time.perf_counter() - begin, error)


main()
