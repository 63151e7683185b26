"""Columns of Arrow tables as numpy arrays, and the types of those arrays."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]


def whole(table: pa.Table, column: str) -> Whole:
    """Return whole numbers as a fresh (N,) int64 array."""
    return np.array(table.column(column), np.int64)


def flags(table: pa.Table, column: str) -> Flags:
    """Return truth values as a fresh (N,) bool array."""
    return np.array(table.column(column), np.bool_)


def texts(table: pa.Table, column: str) -> Texts:
    """Return texts as an (N,) array of str."""
    return np.asarray(table.column(column).to_numpy(zero_copy_only=False), np.object_)
