"""
MNIST with and without L2
=========================

The network 784-64-64-10: ReLU, softmax, Adam, cross-entropy, batches of 32, 5 epochs. The strength is that of
``kernel_regularizer=L2(0.001)`` in Keras: there the loss is a mean and the penalty c·Σw², so the
same objective has alpha = 2·c·n here::

    python examples/mnist_mlp.py                    # fetches the data from OpenML
    python examples/mnist_mlp.py --data mnist.npz   # X_train, y_train, X_test, y_test in a file
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.datasets import fetch_openml
from sklearn.exceptions import ConvergenceWarning

from skl2 import MLPClassifier

KERAS_L2 = 0.001


def load(path):
    """Pixels as float32 in [0, 1] and labels, 60,000 rows to train and 10,000 to validate."""
    if path is None:
        X, y = fetch_openml("mnist_784", version=1, as_frame=False, return_X_y=True)
        parts = X[:60_000], y[:60_000], X[60_000:], y[60_000:]
    else:
        with np.load(path) as file:
            parts = [file[name] for name in ("X_train", "y_train", "X_test", "y_test")]
    X_train, y_train, X_val, y_val = parts
    X_train, X_val = (X.reshape(len(X), -1).astype(np.float32) / 255 for X in (X_train, X_val))
    return X_train, y_train.astype(int), X_val, y_val.astype(int)


def train(name, alpha, X_train, y_train, X_val, y_val):
    """Fit one network, print its epochs, and return its accuracies."""
    print(f"\n{name}: alpha = {alpha:g}")
    model = MLPClassifier(
        hidden_layer_sizes=(64, 64), batch_size=32, max_iter=5, alpha=alpha, solver="adam", random_state=0
    )
    warnings.simplefilter("ignore", ConvergenceWarning)  # five epochs are what is compared
    start = time.perf_counter()
    model.fit(X_train, y_train, X_val=X_val, y_val=y_val)
    seconds = time.perf_counter() - start
    print("epoch  training J/n  validation loss")
    for epoch, losses in enumerate(zip(model.loss_curve_, model.validation_loss_curve_, strict=True), 1):
        print(f"{epoch:5d}  {losses[0]:12.4f}  {losses[1]:15.4f}")
    print(f"{seconds:.1f} s")
    return model.score(X_train, y_train), model.score(X_val, y_val)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", metavar="FILE.npz", help="a local copy instead of OpenML's")
    data = load(parser.parse_args().data)
    n = len(data[0])
    accuracies = {
        "without L2": train("without L2", 0.0, *data),
        f"with L2({KERAS_L2:g})": train(f"with L2({KERAS_L2:g})", 2 * KERAS_L2 * n, *data),
    }
    print("\naccuracy       training  validation     gap")
    for name, (training, validation) in accuracies.items():
        print(f"{name:<14} {training:8.4f}  {validation:10.4f}  {training - validation:6.4f}")


if __name__ == "__main__":
    main()
