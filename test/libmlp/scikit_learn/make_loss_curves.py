#!/usr/bin/env python3
"""Writes loss_curves.txt: how scikit-learn's multi-layer perceptrons learn, to compare ours with.

Usage: make_loss_curves.py > loss_curves.txt   (python3-sklearn; the file names its version)

The rows are the first 300 of datasets/letters/train_letters1.txt, each feature x as (x - 8) / 4. In
regression the number to predict is the class / 8 - 1. Batches take the rows in their order, and the
initial weights are drawn as InitialParameters of libmlp/model/parameters.h draws them: scikit-learn is
given them instead of its own. A line is a case: solver momentum nesterov activation hidden-layers
alpha batch-size learning-rate kind, then ":" and the loss after each epoch.
"""
import os
import sys
import warnings

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor

EPOCHS = 20
SEED = 5
ROWS = 300
CLASSES = 26


def initial_weights(layer_sizes):
    """Glorot's weights, drawn in the order of libmlp, and biases of 0."""
    draws = np.random.RandomState(SEED)
    coefs, intercepts = [], []
    for inputs, outputs in zip(layer_sizes, layer_sizes[1:]):
        bound = np.sqrt(6 / (inputs + outputs))
        coefs.append(bound * (2 * draws.random_sample((inputs, outputs)) - 1))
        intercepts.append(np.zeros(outputs))
    return coefs, intercepts


def with_our_weights(estimator):
    class Ours(estimator):
        def _initialize(self, y, layer_units, dtype):
            super()._initialize(y, layer_units, dtype)
            self.coefs_, self.intercepts_ = initial_weights(layer_units)

    return Ours


def loss_curve(case, features, labels):
    solver, momentum, nesterov, activation, hidden, alpha, batch_size, rate, kind = case
    estimator = with_our_weights(MLPRegressor if kind == "regression" else MLPClassifier)
    model = estimator(hidden_layer_sizes=hidden, activation=activation, solver=solver, alpha=alpha,
                      batch_size=batch_size, learning_rate_init=rate, max_iter=EPOCHS,
                      shuffle=False, momentum=momentum, nesterovs_momentum=nesterov, tol=0,
                      n_iter_no_change=EPOCHS + 1, random_state=1)
    model.fit(features, labels / 8 - 1 if kind == "regression" else labels)
    return model.loss_curve_


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.path.join(here, "../../../datasets/letters/train_letters1.txt")
    rows = np.loadtxt(path, delimiter=",")[:ROWS]
    features, labels = (rows[:, :-1] - 8) / 4, rows[:, -1].astype(int)
    assert len(set(labels)) == CLASSES, "every class must be there"
    warnings.simplefilter("ignore")
    print(f"# Written by make_loss_curves.py with scikit-learn {sklearn.__version__}")
    cases = [
        ("sgd", 0.0, False, "relu", (20,), 1e-4, 64, 0.1, "classes"),
        ("sgd", 0.9, False, "tanh", (20,), 1e-2, 64, 0.05, "classes"),
        ("sgd", 0.9, True, "logistic", (20,), 1e-4, 50, 0.2, "classes"),
        ("sgd", 0.9, True, "relu", (24, 12), 1e-1, 300, 0.1, "classes"),
        ("adam", 0.9, True, "relu", (20,), 1e-4, 64, 0.01, "classes"),
        ("adam", 0.9, True, "tanh", (24, 12), 1e-2, 32, 0.005, "classes"),
        ("sgd", 0.9, True, "tanh", (20,), 1e-3, 64, 0.01, "regression"),
        ("adam", 0.9, True, "relu", (20,), 1e-4, 64, 0.01, "regression"),
    ]
    for case in cases:
        curve = loss_curve(case, features, labels)
        words = [",".join(map(str, word)) if isinstance(word, tuple) else
                 str(int(word)) if isinstance(word, bool) else str(word) for word in case]
        print(" ".join(words), ":", " ".join(repr(float(loss)) for loss in curve))


if __name__ == "__main__":
    sys.exit(main())
