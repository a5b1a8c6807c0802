"""Predicting the rows of a file with scikit-learn: sklearn_predict.py ROWS LABELS.

A classifier of the same shape reads 100,000 rows at a time with numpy.loadtxt, so that memory is
bounded, and writes their classes, a line each. The time begins when it is trained.
"""

from __future__ import annotations

import itertools
import json
import resource
import sys
import time
import warnings

import numpy
from sklearn.neural_network import MLPClassifier

import letters

ROWS_AT_ONCE = 100_000


def main() -> None:
    rows_file, labels_file = sys.argv[1:]
    shards, _ = letters.read("float64")
    warnings.simplefilter("ignore")
    model = MLPClassifier((letters.HIDDEN,), max_iter=5).fit(*shards[0])
    rows = 0
    begin = time.perf_counter()
    with open(rows_file) as source, open(labels_file, "w") as out:
        while lines := list(itertools.islice(source, ROWS_AT_ONCE)):
            features = numpy.loadtxt(lines, delimiter=",", ndmin=2)[:, :-1]
            out.writelines(f"{label}\n" for label in model.predict(features).tolist())
            rows += len(features)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"rows_per_second": rows / seconds, "peak_bytes": peak}))


main()
