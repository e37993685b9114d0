"""Set up every test process before NumPy is imported."""

import os

# Two test processes on two cores leave no core for a second BLAS thread.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
