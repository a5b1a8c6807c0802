"""The letters job with scikit-learn's MLPClassifier, as far as it can be told to do it.

It can do one full-batch step at a time (partial_fit, batch_size of all rows, no momentum, no
regularisation). It divides gradients by the rows, so the learning rate is multiplied by them. What
it cannot be told is the reference system's hidden layer, which has the mask of a ReLU without
rectifying: its table of activations is changed for that. Parameters are changed in place.
"""

from __future__ import annotations

import time

import numpy
from sklearn.neural_network import MLPClassifier
from sklearn.neural_network import _base

import letters


def _leave(z: numpy.ndarray) -> None:
    """The activation, in place."""


def _mask(z: numpy.ndarray, delta: numpy.ndarray) -> None:
    delta[z < 0] = 0


_base.ACTIVATIONS["relu"] = _leave
_base.DERIVATIVES["relu"] = _mask


class Model:
    """A classifier for so many rows a step."""

    def __init__(self, features: numpy.ndarray, labels: numpy.ndarray) -> None:
        rows = len(labels)
        self.classifier = MLPClassifier(
            hidden_layer_sizes=(letters.HIDDEN,),
            activation="relu",
            solver="sgd",
            alpha=0.0,
            batch_size=rows,
            learning_rate_init=letters.LEARNING_RATE * rows,
            momentum=0.0,
            nesterovs_momentum=False,
            shuffle=False,
        )
        self.classifier.partial_fit(features, labels, classes=range(letters.CLASSES))

    def _parts(self) -> list[numpy.ndarray]:
        (w, v), (w_bias, v_bias) = self.classifier.coefs_, self.classifier.intercepts_
        return [w_bias, w, v_bias, v]

    def put(self, flat: numpy.ndarray) -> None:
        offset = 0
        for part in self._parts():
            part[...] = flat[offset : offset + part.size].reshape(part.shape)
            offset += part.size

    def flat(self) -> numpy.ndarray:
        return numpy.concatenate([part.ravel() for part in self._parts()])

    def measure(self, features: numpy.ndarray, labels: numpy.ndarray) -> float:
        y = self.classifier.predict_proba(features)
        numpy.log(y[numpy.arange(len(labels)), labels] + 1e-6).sum()
        return float((y.argmax(axis=1) != labels).mean())

    def train(self, features: numpy.ndarray, labels: numpy.ndarray) -> None:
        before = 0.0
        for epoch in range(letters.EPOCHS):
            old = self.flat()
            self.classifier.partial_fit(features, labels)
            loss = self.classifier.loss_ * len(labels)  # before the step
            if epoch > 0 and abs(loss - before) <= letters.TOLERANCE:
                self.put(old)
                break
            before = loss
        self.measure(features, labels)


def run(model: Model, shards: list, validation: tuple, flat: numpy.ndarray, rounds: int) -> float:
    for _ in range(rounds):
        total = numpy.zeros_like(flat)
        for shard in shards:
            model.put(flat)
            model.train(*shard)
            total += model.flat() - flat
        flat += total / len(shards)
        model.put(flat)
        error = model.measure(*validation)
    return error


def main() -> None:
    options = letters.arguments()
    shards, validation = letters.read(options.precision)
    model = Model(*shards[0])
    start = numpy.concatenate([part.ravel() for part in letters.initial(options.precision)])
    run(model, shards, validation, start.copy(), rounds=1)
    begin = time.perf_counter()
    error = run(model, shards, validation, start, options.rounds)
    letters.say(time.perf_counter() - begin, error)


main()
