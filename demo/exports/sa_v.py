"""Writes the world as SA-V: each scene a video of one annotated frame, a masklet for each thing.

Source: github.com/facebookresearch/sam2, sav_dataset/README.md.
"""

from collections.abc import Iterable
from pathlib import Path

from demo.customers import Customer
from demo.exports.packed import write_json
from demo.shots import Shot
from imaging.masks.masks import encode


def write_sa_v(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `<video>_manual.json` and the folder of its frames; the labels are not written, and crowds are left out."""
    for shot in taken:
        scene = shot.scene
        frames = folder / scene.name
        frames.mkdir(parents=True)
        (frames / f"00000{shot.photograph.extension}").write_bytes(shot.photograph.data)
        things = [thing for thing in scene.things if not thing.is_crowd]
        size = [scene.height, scene.width]
        document = {
            "video_id": scene.name,
            "video_frame_count": 1.0,
            "video_height": float(scene.height),
            "video_width": float(scene.width),
            "masklet": [[{"size": size, "counts": encode(thing.mask)} for thing in things]],
            "masklet_id": list(range(len(things))),
            "masklet_type": ["manual"] * len(things),
            "masklet_num": len(things),
        }
        write_json(folder / f"{scene.name}_manual.json", document)
    return folder
