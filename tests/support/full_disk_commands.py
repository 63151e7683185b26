"""Run as `unshare -rm python -m tests.support.full_disk_commands FOLDER`: a stage on a disk that is full, then on one with room.

The disk is a file system in memory, mounted at FOLDER for this process alone; what came of it is told as JSON.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from demo.write import write_demo
from lake.lake import open_lake
from lake.pipeline_file import load_pipeline
from stages.runner import run_stage

COMMAND = Path(sys.executable).parent / "centrepiece"
DISK_BYTES = 64 << 20
LEFT_BYTES = 8 << 10
"""Enough to begin a shard, too little for a whole one."""


def main(folder: Path, catalog: str) -> None:
    """Ingest as a command while the disk is full; ingest again once there is room."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "commands", str(folder)], check=True)
    pipeline_file = write_demo(folder / "world", images=3)
    settings = pipeline_file.read_text().replace("local[2]", "local[2,1]")  # a task is tried once
    pipeline_file.write_text(f"{settings}\ncatalog: {catalog}\n")
    pipeline = load_pipeline(pipeline_file)
    lake = open_lake(pipeline)
    filler = folder / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(folder).free - LEFT_BYTES))
    refused = subprocess.run([COMMAND, "ingest", pipeline_file], capture_output=True, text=True, check=False)
    published = lake.has("annotations")
    filler.unlink()
    again = run_stage("ingest", pipeline)
    told = {"code": refused.returncode, "out": refused.stdout, "err": refused.stderr, "published": published}
    rows = lake.read("annotations").num_rows + lake.read("images").num_rows
    sys.stdout.write(json.dumps({**told, "rows": rows, "rows_out": again.rows_out}))
    sys.stdout.flush()
    os._exit(0)  # the JVM's end is nothing to wait for


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
