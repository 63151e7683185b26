"""Run as `unshare -rm python -m tests.support.full_disks FOLDER KIB`: a night on a disk of so many KiB, then on one with room.

The disk is a file system in memory, mounted at FOLDER for this process alone; what came of it is told as JSON.
"""

import json
import subprocess
import sys

from lake.lake import connect_lake
from lake.maintenance.doctor import examine_lake
from tests.support.nights import fingerprint, run_night


def main(folder: str, kib: int) -> None:
    """Run the night twice and say how the first one ended and what the second one published."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "night", folder], check=True)
    ended = "went through"
    try:
        run_night(connect_lake(f"{folder}/store"))
    except Exception as error:
        ended = f"{type(error).__name__}: {str(error).splitlines()[0]}"
    subprocess.run(["mount", "-o", "remount,size=65536k", folder], check=True)
    lake = connect_lake(f"{folder}/store")
    run_night(lake)
    faults = [finding.message for finding in examine_lake(lake, verify=True) if finding.level == "fault"]
    sys.stdout.write(json.dumps({"ended": ended, "published": fingerprint(lake), "faults": faults}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
