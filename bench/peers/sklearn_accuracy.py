"""scikit-learn's MLPClassifier on letters, as its users would train it: inputs standardised, one
hidden layer of 512, 150 epochs, everything else as it comes. The time is that of fit()."""

from __future__ import annotations

import json
import time
import warnings

import numpy
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

import letters

HIDDEN = 512
EPOCHS = 150


def main() -> None:
    shards, (validation, labels) = letters.read("float64")
    features = numpy.vstack([shard[0] for shard in shards])
    scaler = StandardScaler().fit(features)
    model = MLPClassifier((HIDDEN,), max_iter=EPOCHS, n_iter_no_change=EPOCHS, random_state=1)
    warnings.simplefilter("ignore")
    begin = time.perf_counter()
    model.fit(scaler.transform(features), numpy.concatenate([shard[1] for shard in shards]))
    seconds = time.perf_counter() - begin
    accuracy = float(model.score(scaler.transform(validation), labels))
    print(json.dumps({"seconds": seconds, "accuracy": accuracy}))


main()
