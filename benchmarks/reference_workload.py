"""The reference workload: MNIST in the network 784-64-64-10, over the strength of L2.

ReLU, softmax, cross-entropy, Adam from Keras's rate of 0.001, batches of 32, float32. 60,000 rows to train,
5,000 of the other 10,000 to validate and choose, 5,000 to test. `kernel_regularizer=L2(0.001)` of Keras is
one of the strengths: there the loss is a mean and the penalty c·Σw², so that the same objective has
alpha = 2·c·n: 120 on 60,000 rows.

    python benchmarks/reference_workload.py                    # fetches the data from OpenML
    python benchmarks/reference_workload.py --data mnist.npz   # X_train, y_train, X_test, y_test in a file
    python benchmarks/reference_workload.py --json docs/_data/reference_workload.json
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from record import machine
from sklearn.datasets import fetch_openml

from skl2 import MLPClassifier

ALPHAS = (0.0, 3.0, 10.0, 30.0, 120.0, 1000.0)
SEEDS = (0, 1)
COLUMNS = ("train", "validation", "test", "test_loss", "norm", "epochs", "seconds")


def load(path):
    """Pixels as float32 in [0, 1] and labels: rows to train, to validate, to test."""
    if path is None:
        X, y = fetch_openml("mnist_784", version=1, as_frame=False, return_X_y=True)
        X, X_other, y, y_other = X[:60_000], X[60_000:], y[:60_000], y[60_000:]
    else:
        with np.load(path) as file:
            X, y, X_other, y_other = (file[name] for name in ("X_train", "y_train", "X_test", "y_test"))
    X, X_other = (rows.reshape(len(rows), -1).astype(np.float32) / 255 for rows in (X, X_other))
    y, y_other = y.astype(int), y_other.astype(int)
    return (X, y), (X_other[::2], y_other[::2]), (X_other[1::2], y_other[1::2])


def measure(alpha, seed, train, validation, test):
    """Accuracies, log-loss and ‖W‖ of one network."""
    model = MLPClassifier((64, 64), alpha=alpha, batch_size=32, learning_rate_init=0.001, random_state=seed)
    start = time.process_time()
    model.fit(*train)
    seconds = time.process_time() - start
    scores = [model.score(*rows) for rows in (train, validation, test)]
    probability = model.predict_proba(test[0])[np.arange(len(test[1])), test[1]]
    loss = -np.log(np.maximum(probability, 1e-12)).mean()
    norm = np.sqrt(sum(np.sum(np.square(weights, dtype=float)) for weights in model.coefs_))
    return [*scores, float(loss), float(norm), model.n_iter_, seconds]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", metavar="FILE.npz", help="a local copy instead of OpenML's")
    parser.add_argument("--json", metavar="FILE", type=Path, help="where to keep the results")
    arguments = parser.parse_args()
    data = load(arguments.data)
    print("   alpha  " + "".join(f"{name:>11}" for name in COLUMNS), flush=True)
    results = []
    for alpha in ALPHAS:
        runs = np.array([measure(alpha, seed, *data) for seed in SEEDS])
        print(f"{alpha:8g}  " + "".join(f"{value:11.4f}" for value in runs.mean(axis=0)), flush=True)
        results.append({"alpha": alpha} | dict(zip(COLUMNS, runs.T.tolist(), strict=True)))
    if arguments.json is not None:
        content = {"rows": len(data[0][0]), "machine": machine(), "results": results}
        arguments.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
