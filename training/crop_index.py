"""An index of crops in their Parquet files: where each lies, how it is weighted, and which row groups hold it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lake.publishing.reading import open_parquet
from lake.storage.store import Store


@dataclass(frozen=True, slots=True)
class CropIndex:
    """Every crop of some splits, in the order of the files; all arrays have one entry a crop."""

    paths: tuple[str, ...]  # in the store
    file: npt.NDArray[np.int64]  # into `paths`
    group: npt.NDArray[np.int64]  # the row group in the file
    row: npt.NDArray[np.int64]  # in the row group
    weight: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.row)


def index_crops(store: Store, paths: Iterable[str], splits: Iterable[str]) -> CropIndex:
    """Find the crops of some splits; pixels stay unread.

    Args:
        store: That holds the files.
        paths: Of the table's Parquet files; their order does not matter.
        splits: train, val or test.
    """
    ordered = tuple(sorted(paths))
    wanted = pa.array(sorted(set(splits)), pa.string())
    files, groups, rows, weights = [], [], [], []
    for number, path in enumerate(ordered):
        with open_parquet(store, path) as parquet:
            for group in range(parquet.num_row_groups):
                table = parquet.read_row_group(group, columns=["split", "weight"])
                chosen = np.flatnonzero(pc.is_in(table["split"].cast(pa.string()), wanted).to_numpy(zero_copy_only=False))
                rows.append(chosen)
                files.append(np.full(len(chosen), number))
                groups.append(np.full(len(chosen), group))
                weights.append(table["weight"].to_numpy()[chosen])
    return CropIndex(
        paths=ordered,
        file=_joined(files),
        group=_joined(groups),
        row=_joined(rows),
        weight=np.concatenate([np.empty(0, np.float64), *weights]),
    )


def _joined(parts: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *parts])
