"""Ingests a COCO file by the stage itself, and prints the time of its parts as one line of JSON.

Run by `benchmarks/ingest_rate.py` as a process of its own: `python -m benchmarks.ingest_ours FOLDER OUT THREADS`.
"""

import json
import sys
import time
from pathlib import Path

from jobs.spark.session import spark_session
from jobs.spark.tasks import run_tasks
from lake.pipeline_file import load_pipeline
from tests.support.stages import ingest

PIPELINE = """
name: rate
store: ./store
spark: {{master: "local[{threads}]"}}
taxonomy: common.yaml
label_maps: maps
sources:
  - name: coco
    customer: coco
    domain: everyday
    format: {format}
    scene: partial
    annotations: {annotations}
    images: {images}
gates: gates.yaml
"""


def write_pipeline(out: Path, annotations: Path, images: Path | None, *, kind: str = "coco", threads: int = 2) -> Path:
    """Write a pipeline of one source; its store lies beside it. Without `images`, images lie beside the annotations."""
    (out / "maps").mkdir(parents=True, exist_ok=True)
    path = out / "pipeline.yaml"
    path.write_text(
        PIPELINE.format(threads=threads, format=kind, annotations=annotations.resolve(), images=images.resolve() if images else "null"),
        encoding="utf-8",
    )
    return path


def main() -> None:
    """Start a session, ingest, print the figures."""
    began = time.perf_counter()
    folder, out, threads = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    pipeline = load_pipeline(write_pipeline(out, folder / "instances.json", folder / "images", threads=threads))
    spark = spark_session(pipeline)
    run_tasks(spark.sparkContext, range(threads), str)  # Python workers start with the first job
    start = time.perf_counter() - began
    began = time.perf_counter()
    report = ingest(pipeline)
    seconds = time.perf_counter() - began
    details = report.details["sources"]["coco"]
    print(json.dumps({"seconds": seconds, "rows": details["annotations"], "start": start, "report": details}))
    spark.stop()


if __name__ == "__main__":
    main()
