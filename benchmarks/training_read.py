"""Samples a second from `crops` to batches ready for the network: our loader beside torch's DataLoader, in turns.

Run: python -m benchmarks.training_read [--crops 2000] [--rounds 5] [--canvas 320]

Everyone takes windows as JPEG, places them on the same canvas and hands out uint8 batches of 16. We stream row groups from
a warm page cache; the others hold every crop in memory, and the start of their workers is not counted. `threads` is
`training.loader`; `processes` is a DataLoader with two workers over the same `read_sample`; `plain` is what a user would
write first: a DataLoader with two workers, Pillow, and default collation.
"""

import argparse
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from imaging.masks import masks
from lake.publishing.shards import ShardLocation, shard_name, write_shard
from lake.storage.store import Store, open_store
from tests.support.factories import crop_rows, tiny_shots
from training.augmentation import draw_change
from training.crop_index import CropIndex, index_crops
from training.loader import EpochLoader, LoaderSpec
from training.order import RankShare, epoch_plan
from training.samples import SAMPLE_COLUMNS, read_sample

BATCH = 16
WORKERS = 2
Tensors = tuple[torch.Tensor, ...]


def write_crops(store: Store, crops: int) -> list[str]:
    """Write crops of the demo world, their pixels as JPEG of COCO's quality, repeated up to a number."""
    rows = crop_rows(tiny_shots(images=8, long_side=640)).to_pylist()
    for row in rows:
        pixels = cv2.imdecode(np.frombuffer(row["pixels"], np.uint8), cv2.IMREAD_COLOR)
        row["pixels"] = cv2.imencode(".jpg", np.asarray(pixels), [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
        row["pixel_codec"], row["split"] = "jpeg-95", "train"
    schema = crop_rows(tiny_shots(images=1)).schema
    place = ShardLocation(store, "crops", "0" * 64)
    paths = []
    for shard in range(4):
        repeated = [{**rows[number % len(rows)], "crop_id": f"{number:064x}"} for number in range(shard, crops, 4)]
        receipt = write_shard(place, shard_name(shard, 4), [pa.Table.from_pylist(repeated, schema)])
        paths.extend([receipt.path] if receipt else [])
    return paths


class CropDataset(Dataset[Tensors]):
    """Random access to crops that are all in memory, which is the best case for it: no read at all."""

    def __init__(self, store: Store, index: CropIndex, canvas: int, sample: Callable[[dict[str, Any], int], Tensors]) -> None:
        self._index, self._canvas, self._sample = index, canvas, sample
        self._groups: dict[tuple[int, int], pa.Table] = {}
        for file, path in enumerate(index.paths):
            with store.open_input(path) as source:
                parquet = pq.ParquetFile(source)
                for group in range(parquet.num_row_groups):
                    self._groups[file, group] = parquet.read_row_group(group, columns=list(SAMPLE_COLUMNS))

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, position: int) -> Tensors:
        index = self._index
        rows = self._groups[int(index.file[position]), int(index.group[position])]
        return self._sample(rows.slice(int(index.row[position]), 1).to_pylist()[0], self._canvas)


def our_sample(row: dict[str, Any], canvas: int) -> Tensors:
    """Make a sample as training does."""
    sample = read_sample(row, canvas, draw_change(0, 0, 0, row["crop_id"]))
    return torch.from_numpy(sample.pixels), torch.from_numpy(sample.soft_mask), torch.from_numpy(sample.valid)


def pillow_sample(row: dict[str, Any], canvas: int) -> Tensors:
    """Make a sample as a first script would; unchanged windows."""
    left, top = max(row["window_left"], 0), max(row["window_top"], 0)
    width = min(row["window_left"] + row["window_width"], row["image_width"]) - left
    height = min(row["window_top"] + row["window_height"], row["image_height"]) - top
    image = Image.open(io.BytesIO(row["pixels"])).convert("RGB")
    mask = Image.fromarray(masks.decode(row["mask"].decode(), height, width).astype(np.uint8) * 255)
    scale = canvas / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    corner = (canvas - size[0]) // 2, (canvas - size[1]) // 2
    pixels, coverage, valid = Image.new("RGB", (canvas, canvas)), Image.new("L", (canvas, canvas)), Image.new("L", (canvas, canvas))
    pixels.paste(image.resize(size, Image.Resampling.BILINEAR), corner)
    coverage.paste(mask.resize(size, Image.Resampling.BILINEAR), corner)
    valid.paste(255, (*corner, corner[0] + size[0], corner[1] + size[1]))
    return torch.from_numpy(np.array(pixels)), torch.from_numpy(np.array(coverage)), torch.from_numpy(np.array(valid) > 0)


def contenders(store: Store, index: CropIndex, canvas: int) -> dict[str, Callable[[], Iterator[Any]]]:
    """Return a fresh epoch of each contender by name."""
    order = epoch_plan(index, RankShare(0, 1, BATCH), seed=0, epoch=0)
    reading = LoaderSpec(store, index, canvas, seed=0, augmented=True, threads=WORKERS)

    def of_processes(sample: Callable[[dict[str, Any], int], Tensors]) -> Iterator[Any]:
        chosen = [order.positions[first:end].tolist() for first, end in pairwise(order.bounds)]
        dataset = CropDataset(store, index, canvas, sample)
        return iter(DataLoader(dataset, batch_sampler=chosen, num_workers=WORKERS))

    return {
        "threads": lambda: iter(EpochLoader(reading, order, epoch=0, world_size=1)),
        "processes": lambda: of_processes(our_sample),
        "plain": lambda: of_processes(pillow_sample),
    }


def measure(batches: Iterator[Any]) -> tuple[int, float]:
    """Take every batch; return the samples, and the seconds from the first batch to the last."""
    next(batches)
    samples, began = 0, time.perf_counter()
    for batch in batches:
        samples += len(batch[0])
    return samples, time.perf_counter() - began


def main() -> None:
    """Run the rounds and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crops", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--canvas", type=int, default=320)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        index = index_crops(store, write_crops(store, options.crops), ["train"])
        rates: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            for name, start in contenders(store, index, options.canvas).items():
                samples, seconds = measure(start())
                rates.setdefault(name, []).append(samples / seconds)
                print(f"{name:10s} {rates[name][-1]:8.0f} samples/s", file=sys.stderr)
    best = statistics.median(rates["threads"])
    for name, found in rates.items():
        median = statistics.median(found)
        print(f"{name:10s} {median:8.0f} samples/s (of {min(found):.0f} to {max(found):.0f}), threads are {best / median:.2f} x as fast")


if __name__ == "__main__":
    main()
