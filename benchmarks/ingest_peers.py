"""Times one peer's way from a COCO file to a table of masks, and prints it as one line of JSON.

Stands alone, for it runs in an environment of the peers' own:
`python -m venv peers && peers/bin/pip install datumaro pycocotools pillow pyarrow`.

Each way does the same: parse the file, hash every listed image and read its header, give every object its run lengths on the
whole image, its box and its area, and write one row an object to Parquet. None of them rejects, checks or publishes.

- `pycocotools`: the loop that everybody writes, `COCO.annToRLE` of each annotation; `pycocotools-pool` does it in two processes.
- `datumaro`: its COCO importer, its polygons turned to masks by the same calls as its `polygons_to_masks` transform.
- `fiftyone`: what FiftyOne's COCO importer does for each object, without the MongoDB that FiftyOne itself needs: a whole mask is
  decoded and cut by the box; the cut mask is kept and encoded again for the table.
"""

import hashlib
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from pycocotools import mask as coco

COLUMNS = ("image_id", "source_ref", "label", "geometry", "x", "y", "width", "height", "area", "is_crowd")
ROWS_AT_ONCE = 32_768


def picture(folder, name):
    """Hash an image and read its header."""
    data = Path(folder, name).read_bytes()
    with Image.open(Path(folder, name)) as opened:
        return hashlib.sha256(data).hexdigest(), opened.size


def row(image_id, ref, label, encoded, crowd):
    """Make one row of run lengths on the whole image."""
    x, y, width, height = coco.toBbox(encoded).tolist()
    return image_id, ref, label, encoded["counts"].decode("ascii"), x, y, width, height, int(coco.area(encoded)), bool(crowd)


def write(rows, path):
    """Write rows as Parquet, a group at a time; return how many there were."""
    writer, waiting, count = None, [], 0

    def flush(writer):
        table = pa.table(dict(zip(COLUMNS, map(list, zip(*waiting, strict=True)), strict=True)))
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
        return writer

    for one in rows:
        waiting.append(one)
        if len(waiting) == ROWS_AT_ONCE:
            writer, count, waiting[:] = flush(writer), count + len(waiting), []
    if waiting:
        writer, count = flush(writer), count + len(waiting)
    if writer:
        writer.close()
    return count


def coco_rows(loaded, image_ids, names, folder):
    """Yield the rows of some images of a loaded file."""
    for image in image_ids:
        digest, _ = picture(folder / "images", loaded.imgs[image]["file_name"])
        for one in loaded.imgToAnns[image]:
            yield row(digest, one["id"], names[one["category_id"]], loaded.annToRLE(one), one["iscrowd"])


def load(folder):
    """Load a file with pycocotools."""
    from pycocotools.coco import COCO

    loaded = COCO(str(folder / "instances.json"))
    return loaded, {one["id"]: one["name"] for one in loaded.dataset["categories"]}


def with_pycocotools(folder, out):
    """Loop over a loaded file."""
    loaded, names = load(folder)
    return write(coco_rows(loaded, sorted(loaded.imgs), names, folder), out / "table.parquet")


def _half(part, folder, out):
    loaded, names = LOADED
    return write(coco_rows(loaded, sorted(loaded.imgs)[part::2], names, folder), out / f"table-{part}.parquet")


def with_pool(folder, out):
    """Load once, then loop in two forked processes."""
    global LOADED
    LOADED = load(folder)
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        return sum(pool.map(partial(_half, folder=folder, out=out), range(2)))


def with_datumaro(folder, out):
    """Import with datumaro and turn what is a polygon into a mask, part by part, as its transform does."""
    import datumaro as dm

    laid_out = out / "datumaro"
    (laid_out / "annotations").mkdir(parents=True)
    (laid_out / "images").mkdir()
    (laid_out / "annotations" / "instances_train.json").symlink_to(folder.resolve() / "instances.json")
    (laid_out / "images" / "train").symlink_to((folder / "images").resolve())
    dataset = dm.Dataset.import_from(str(laid_out), "coco_instances")
    labels = dataset.categories()[dm.AnnotationType.label]

    def rows():
        for item in dataset:
            digest, (width, height) = picture(folder / "images", Path(item.media.path).name)
            groups = {}
            for one in item.annotations:
                if isinstance(one, dm.Polygon):
                    rles = coco.frPyObjects([one.points], height, width)
                elif isinstance(one, dm.Mask):
                    rles = [one.rle if hasattr(one, "rle") else coco.encode(np.asfortranarray(one.image.astype(np.uint8)))]
                else:
                    continue
                groups.setdefault(one.group or one.id, (one, []))[1].extend(rles)
            for one, parts in groups.values():
                yield row(digest, one.id, labels[one.label].name, coco.merge(parts), one.attributes.get("is_crowd"))

    return write(rows(), out / "table.parquet")


def with_fiftyone(folder, out):
    """Do FiftyOne's per-object work: parse, decode the whole mask, cut it by the box, keep the cut as the sample's mask."""
    with (folder / "instances.json").open() as file:
        document = json.load(file)
    names = {one["id"]: one["name"] for one in document["categories"]}
    by_image = {}
    for one in document["annotations"]:
        by_image.setdefault(one["image_id"], []).append(one)

    def rows():
        for image in document["images"]:
            digest, (width, height) = picture(folder / "images", image["file_name"])
            for one in by_image.get(image["id"], ()):
                shape = one["segmentation"]
                encoded = (
                    coco.merge(coco.frPyObjects(shape, height, width))
                    if isinstance(shape, list)
                    else coco.frPyObjects(shape, height, width)
                )
                x, y, wide, high = one["bbox"]
                left, top, right, bottom = (int(side + 0.5) for side in (x, y, x + wide, y + high))
                cut = coco.decode(encoded).astype(bool)[top : max(bottom, top + 1), left : max(right, left + 1)]
                whole = np.zeros((height, width), np.uint8, order="F")
                whole[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
                yield row(digest, one["id"], names[one["category_id"]], coco.encode(whole), one["iscrowd"])

    return write(rows(), out / "table.parquet")


WAYS = {"pycocotools": with_pycocotools, "pycocotools-pool": with_pool, "datumaro": with_datumaro, "fiftyone": with_fiftyone}


def main():
    """Do one way and print its figures."""
    name, folder, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    rows = WAYS[name](folder, out)
    print(json.dumps({"seconds": time.perf_counter() - began, "rows": rows, "start": 0.0}))


if __name__ == "__main__":
    main()
