"""Times one peer's way of cutting a benchmark set, and prints time, CPU, peak memory and bytes as one line of JSON.

Stands alone, for it runs in an environment of the peers' own:
`python -m venv peers && peers/bin/pip install pillow pycocotools opencv-python-headless datasets datumaro supervision`.
Each way writes a crop's pixels and its mask. `opencv-pool` writes JPEG of quality 95 (lossy) and a 1-bit PNG mask;
`pillow-loop` and `pillow-pool` write PNG. Libraries do it with their own crop and export calls.
"""

import json
import os
import resource
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from pycocotools import mask as coco


def masks_of(image):
    """Draw the whole image's mask of each object, cut by its window."""
    height, width = image["height"], image["width"]
    for crop in image["crops"]:
        shape = crop["segmentation"]
        encoded = coco.merge(coco.frPyObjects(shape, height, width)) if isinstance(shape, list) else coco.frPyObjects(shape, height, width)
        left, top, wide, high = crop["window"]
        rows, columns = slice(max(top, 0), min(top + high, height)), slice(max(left, 0), min(left + wide, width))
        yield rows, columns, coco.decode(encoded)[rows, columns]


def with_pillow(image, out):
    """Decode with Pillow once, write PNG crops."""
    from PIL import Image

    pixels = np.asarray(Image.open(image["file"]).convert("RGB"))
    size = 0
    for number, (rows, columns, mask) in enumerate(masks_of(image)):
        path = out / f"{Path(image['file']).stem}-{number}.png"
        Image.fromarray(pixels[rows, columns]).save(path)
        Image.fromarray(mask * 255).convert("1").save(path.with_suffix(".mask.png"))
        size += path.stat().st_size + path.with_suffix(".mask.png").stat().st_size
    return size


def with_opencv(image, out):
    """Decode with OpenCV once, write JPEG crops of quality 95."""
    import cv2

    cv2.setNumThreads(1)
    pixels = cv2.imread(image["file"])
    size = 0
    for number, (rows, columns, mask) in enumerate(masks_of(image)):
        path = out / f"{Path(image['file']).stem}-{number}.jpg"
        cv2.imwrite(str(path), pixels[rows, columns], [cv2.IMWRITE_JPEG_QUALITY, 95])
        cv2.imwrite(str(path.with_suffix(".png")), mask * 255, [cv2.IMWRITE_PNG_BILEVEL, 1])
        size += path.stat().st_size + path.with_suffix(".png").stat().st_size
    return size


def pooled(work, images, out, workers):
    """Share images among processes; one worker means none but this."""
    if workers == 1:
        return sum(work(image, out) for image in images)
    with ProcessPoolExecutor(workers, get_context("fork")) as pool:
        return sum(pool.map(partial(work, out=out), images, chunksize=16))


def with_datasets(images, out, workers):
    """Map over a Hugging Face dataset: one row an image in, one row a crop out, JPEG of quality 95."""
    import io

    from datasets import Dataset, disable_progress_bars
    from PIL import Image

    disable_progress_bars()

    def crops(batch):
        rows = {"pixels": [], "mask": []}
        for text in batch["image"]:
            image = json.loads(text)
            pixels = Image.open(image["file"]).convert("RGB")
            for across, down, mask in ((columns, rows_, mask) for rows_, columns, mask in masks_of(image)):
                file = io.BytesIO()
                pixels.crop((across.start, down.start, across.stop, down.stop)).save(file, "JPEG", quality=95)
                rows["pixels"].append(file.getvalue())
                rows["mask"].append(coco.encode(np.asfortranarray(mask))["counts"])
        return rows

    listed = Dataset.from_dict({"image": [json.dumps(image) for image in images]})
    done = listed.map(crops, batched=True, batch_size=16, remove_columns=["image"], num_proc=workers)
    done.save_to_disk(str(out / "crops"))
    return sum(path.stat().st_size for path in (out / "crops").rglob("*") if path.is_file())


def with_supervision(images, out, workers):
    """Use supervision's crop_image and OpenCV's JPEG of quality 95."""
    import cv2
    import supervision

    size = 0
    for image in images:
        pixels = cv2.imread(image["file"])
        for number, (rows, columns, mask) in enumerate(masks_of(image)):
            box = np.array([columns.start, rows.start, columns.stop, rows.stop])
            path = out / f"{Path(image['file']).stem}-{number}.jpg"
            cv2.imwrite(str(path), supervision.crop_image(pixels, box), [cv2.IMWRITE_JPEG_QUALITY, 95])
            cv2.imwrite(str(path.with_suffix(".png")), mask * 255, [cv2.IMWRITE_PNG_BILEVEL, 1])
            size += path.stat().st_size + path.with_suffix(".png").stat().st_size
    return size


def with_datumaro(images, out, workers):
    """Build datumaro items of the crops and export them as its own format with JPEG images."""
    import cv2
    from datumaro.components.annotation import Mask
    from datumaro.components.dataset import Dataset
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Image

    def items(image):
        pixels = cv2.imread(image["file"])
        for number, (rows, columns, mask) in enumerate(masks_of(image)):
            name = f"{Path(image['file']).stem}-{number}"
            yield DatasetItem(name, media=Image.from_numpy(pixels[rows, columns]), annotations=[Mask(mask, label=0)])

    listed = [item for image in images for item in items(image)]  # an iterator would be empty when it is exported
    Dataset.from_iterable(listed, categories=["thing"], media_type=Image).export(str(out), "datumaro", save_media=True, image_ext=".jpg")
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file())


PEERS = {
    "opencv-pool": partial(pooled, with_opencv),
    "opencv-loop": lambda images, out, workers: pooled(with_opencv, images, out, 1),
    "pillow-pool": partial(pooled, with_pillow),
    "pillow-loop": lambda images, out, workers: pooled(with_pillow, images, out, 1),
    "datasets": with_datasets,
    "supervision": with_supervision,
    "datumaro": with_datumaro,
}


def usage():
    """What this process and its ended children have used."""
    return [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]


def main(name, folder, out, workers):
    """Run one peer and print its figures."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    images = json.loads((folder / "crops.json").read_text())
    (out / "warm").mkdir()
    PEERS[name](images[:8], out / "warm", workers)  # libraries are loaded before the clock starts
    before = sum(one.ru_utime + one.ru_stime for one in usage())
    (out / "crops").mkdir()
    started = time.perf_counter()
    size = PEERS[name](images, out / "crops", workers)
    seconds = time.perf_counter() - started
    used = usage()
    cpu = sum(one.ru_utime + one.ru_stime for one in used) - before
    print(json.dumps({"name": name, "seconds": seconds, "cpu": cpu, "bytes": size, "peak_mb": max(one.ru_maxrss for one in used) / 1024}))
    shutil.rmtree(out, ignore_errors=True)


if __name__ == "__main__":
    os.environ["HF_DATASETS_OFFLINE"] = "1"
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
