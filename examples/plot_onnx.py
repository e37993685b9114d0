"""
Prediction without Python: ONNX
===============================

A fitted pipeline becomes an ONNX graph that any runtime can compute. The numbers are the same, and one
row at a time takes a fraction of the time, since nothing is checked on the way.
"""

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skl2 import MLPClassifier
from skl2.onnx import to_onnx

X, y = load_digits(return_X_y=True)
X = X.astype(np.float32)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
model = make_pipeline(StandardScaler(), MLPClassifier((50,), random_state=0)).fit(X_train, y_train)
graph = to_onnx(model, X_train[:1], options={"zipmap": False})
session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
labels, probabilities = session.run(None, {name: X_test})
print(f"labels that differ: {np.sum(labels != model.predict(X_test))} of {len(labels)}")
print(f"largest difference of a probability: {np.abs(probabilities - model.predict_proba(X_test)).max():.1e}")
print(f"size of the graph: {len(graph.SerializeToString()) / 1024:.0f} kB")


# %%
# The time of a call
# ------------------
def microseconds(call, rows):
    """The median time of a call with so many rows."""
    times = []
    for _ in range(50):
        start = time.perf_counter()
        call(X_test[:rows])
        times.append(time.perf_counter() - start)
    return 1e6 * np.median(times)


sizes = [1, 10, 100, 450]
calls = {
    "predict_proba": model.predict_proba,
    "ONNX runtime": lambda rows: session.run(None, {name: rows}),
}
figure, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for style, (label, call) in zip(("o-", "s--"), calls.items(), strict=True):
    times = [microseconds(call, rows) for rows in sizes]
    print(
        f"{label:14}"
        + "".join(f"{value:8.0f} µs ({rows} rows)" for rows, value in zip(sizes, times, strict=True))
    )
    ax.plot(sizes, times, style, label=label)
ax.set(xscale="log", yscale="log", xlabel="rows in a call", ylabel="microseconds")
ax.legend()
plt.show()
