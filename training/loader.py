"""Batches of an epoch: threads decode crops into recycled buffers while the network computes.

A reading thread keeps the present and the next window of row groups in memory; decoding threads fill the batches
ahead. What a batch holds depends on the order alone, not on which thread was faster.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from imaging.crop_codec import DamagedCropError
from lake.publishing.reading import open_parquet
from lake.storage.store import Store
from training.augmentation import draw_change
from training.crop_index import CropIndex
from training.order import EpochPlan
from training.samples import SAMPLE_COLUMNS, read_sample

AHEAD = 3
"""Batches that are being decoded while one is trained on."""

_SPARE = 2  # the trainer may hold the present batch and one that it fetched early
_SAMPLES_PER_JOB = 4


class Batch(NamedTuple):
    """Samples of one step on one device, valid until two more batches were taken."""

    pixels: Tensor  # (N, S, S, 3) uint8 RGB
    soft_mask: Tensor  # (N, S, S) uint8, 255 where the instance covers the whole pixel
    valid: Tensor  # (N, S, S) bool
    share: Tensor  # () float, samples of the step over all ranks, divided by the ranks


@dataclass(frozen=True, slots=True)
class LoaderSpec:
    """What is read and how samples are made of it."""

    store: Store
    index: CropIndex
    canvas: int
    seed: int
    augmented: bool
    threads: int
    pinned: bool = False  # for copies to a GPU that overlap with its work


class EpochLoader:
    """Iterates over the batches of one rank in one epoch, from a given step on."""

    def __init__(self, spec: LoaderSpec, order: EpochPlan, *, epoch: int, world_size: int, first_step: int = 0) -> None:
        self._spec, self._order, self._epoch, self._world_size = spec, order, epoch, world_size
        self._first_step = first_step
        self._handed_out = first_step

    def __len__(self) -> int:
        """Return the steps of the whole epoch."""
        return len(self._order.bounds) - 1

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches; each is filled by the time it is handed out."""
        largest = int(np.diff(self._order.bounds).max())
        ring = [self._buffers(largest) for _ in range(0 if self._spec.pinned else AHEAD + 1 + _SPARE)]
        with ThreadPoolExecutor(1, "crop-reading") as reader, ThreadPoolExecutor(self._spec.threads) as decoders:
            windows = _Windows(self._spec, self._order, reader)
            pending: deque[tuple[Batch, list[Future[None]]]] = deque()
            for step in range(self._first_step, len(self)):
                buffers = ring[step % len(ring)] if ring else self._buffers(largest)
                pending.append(self._started(step, buffers, windows, decoders))
                if len(pending) > AHEAD:
                    yield self._finished(*pending.popleft())
            while pending:
                yield self._finished(*pending.popleft())

    def state_dict(self) -> dict[str, int]:
        """Return how many steps were handed out; a checkpoint keeps it."""
        return {"steps": self._handed_out}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Start behind the steps that a checkpoint has seen."""
        self._first_step = self._handed_out = state["steps"]

    def _finished(self, batch: Batch, jobs: list[Future[None]]) -> Batch:
        for job in jobs:
            job.result()
        self._handed_out += 1
        return batch

    def _started(
        self, step: int, buffers: tuple[Tensor, Tensor, Tensor], windows: "_Windows", decoders: ThreadPoolExecutor
    ) -> tuple[Batch, list[Future[None]]]:
        first, end = (int(bound) for bound in self._order.bounds[step : step + 2])
        share = torch.tensor(float(self._order.totals[step]) / self._world_size)
        pixels, soft_mask, valid = (buffer[: end - first] for buffer in buffers)
        batch = Batch(pixels, soft_mask, valid, share)
        jobs = []
        for start in range(first, end, _SAMPLES_PER_JOB):
            draws = range(start, min(start + _SAMPLES_PER_JOB, end))
            rows = [windows.row(draw) for draw in draws]
            jobs.append(decoders.submit(self._fill, batch, start - first, draws, rows))
        return batch, jobs

    def _fill(self, batch: Batch, slot: int, draws: range, rows: list["_Row"]) -> None:
        spec = self._spec
        for offset, (draw, lazy_row) in enumerate(zip(draws, rows, strict=True)):
            row = lazy_row.read()
            change = None
            if spec.augmented:
                occurrence = int(self._order.occurrences[draw])
                change = draw_change(spec.seed, self._epoch, occurrence, row["crop_id"])
            try:
                sample = read_sample(row, spec.canvas, change)
            except DamagedCropError as error:
                raise DamagedCropError(f"{spec.index.paths[lazy_row.group[0]]}: {error}") from error
            batch.pixels[slot + offset] = torch.from_numpy(sample.pixels)
            batch.soft_mask[slot + offset] = torch.from_numpy(sample.soft_mask)
            batch.valid[slot + offset] = torch.from_numpy(sample.valid)

    def _buffers(self, samples: int) -> tuple[Tensor, Tensor, Tensor]:
        side, pinned = self._spec.canvas, self._spec.pinned
        return (
            torch.empty((samples, side, side, 3), dtype=torch.uint8, pin_memory=pinned),
            torch.empty((samples, side, side), dtype=torch.uint8, pin_memory=pinned),
            torch.empty((samples, side, side), dtype=torch.bool, pin_memory=pinned),
        )


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a window that may still be on its way."""

    window: Future[dict[tuple[int, int], pa.Table]]
    group: tuple[int, int]
    row: int

    def read(self) -> Mapping[str, Any]:
        rows: list[dict[str, Any]] = self.window.result()[self.group].slice(self.row, 1).to_pylist()
        return rows[0]


class _Windows:
    """Reads the windows of row groups in their order, one ahead; keeps none that is behind."""

    def __init__(self, spec: LoaderSpec, order: EpochPlan, reader: ThreadPoolExecutor) -> None:
        self._spec, self._order, self._reader = spec, order, reader
        self._numbers = np.unique(order.windows)
        self._futures: dict[int, Future[dict[tuple[int, int], pa.Table]]] = {}

    def row(self, draw: int) -> _Row:
        """Return the row of a draw of the epoch; its window, and the next one, are being read from now on."""
        window, position = int(self._order.windows[draw]), int(self._order.positions[draw])
        if window not in self._futures:
            self._advance(window)
        index = self._spec.index
        group = int(index.file[position]), int(index.group[position])
        return _Row(self._futures[window], group, int(index.row[position]))

    def _advance(self, window: int) -> None:
        first = int(np.searchsorted(self._numbers, window))
        wanted = [int(number) for number in self._numbers[first : first + 2]]
        kept = {number: future for number, future in self._futures.items() if number in wanted}
        for number in wanted:
            if number not in kept:
                kept[number] = self._reader.submit(self._read, number)
        self._futures = kept

    def _read(self, window: int) -> dict[tuple[int, int], pa.Table]:
        index, positions = self._spec.index, self._order.positions[self._order.windows == window]
        groups = sorted({(int(index.file[position]), int(index.group[position])) for position in positions})
        tables: dict[tuple[int, int], pa.Table] = {}
        for file in sorted({file for file, _ in groups}):
            with open_parquet(self._spec.store, index.paths[file]) as parquet:
                for group in (group for number, group in groups if number == file):
                    tables[file, group] = parquet.read_row_group(group, columns=list(SAMPLE_COLUMNS), use_threads=False)
        return tables
