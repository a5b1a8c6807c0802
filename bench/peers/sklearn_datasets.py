"""scikit-learn's MLPs on data that it carries: sklearn_datasets.py DIRECTORY.

For each dataset and seed a quarter of the rows is held back. Writes the rows as they are to
DIRECTORY/NAME-SEED-train.csv and -test.csv, the label last, and prints the scores on the test rows
as JSON: {NAME: [score of each seed]}, accuracy or R^2.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import numpy
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

SEEDS = (1, 2, 3, 4, 5)
SETTINGS = {
    "hidden_layer_sizes": (100,),
    "solver": "adam",
    "learning_rate_init": 0.01,
    "max_iter": 200,
    "n_iter_no_change": 200,
}
DATA = {
    "digits": (datasets.load_digits, MLPClassifier),
    "wine": (datasets.load_wine, MLPClassifier),
    "breast-cancer": (datasets.load_breast_cancer, MLPClassifier),
    "diabetes": (datasets.load_diabetes, MLPRegressor),
}


def write(path: Path, features: numpy.ndarray, labels: numpy.ndarray) -> None:
    with open(path, "w") as file:
        names = [f"x{i + 1}" for i in range(features.shape[1])]
        print(",".join([*names, "label"]), file=file)
        for row, label in zip(features, labels):
            print(",".join(map(repr, [*row.tolist(), label.item()])), file=file)


def main() -> None:
    directory = Path(sys.argv[1])
    warnings.simplefilter("ignore")
    scores: dict[str, list[float]] = {}
    for name, (load, estimator) in DATA.items():
        features, labels = load(return_X_y=True)
        for seed in SEEDS:
            classes = labels if estimator is MLPClassifier else None
            train, test, train_labels, test_labels = train_test_split(
                features, labels, test_size=0.25, random_state=seed, stratify=classes
            )
            write(directory / f"{name}-{seed}-train.csv", train, train_labels)
            write(directory / f"{name}-{seed}-test.csv", test, test_labels)
            scaler = StandardScaler().fit(train)
            model = estimator(random_state=seed, **SETTINGS)
            model.fit(scaler.transform(train), train_labels)
            scores.setdefault(name, []).append(model.score(scaler.transform(test), test_labels))
    print(json.dumps(scores))


main()
