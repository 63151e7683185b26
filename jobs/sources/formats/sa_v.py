"""Reads SA-V, Meta's Segment Anything Video: a document a video with the masks of its masklets frame by frame, and folders of frames.

Source: github.com/facebookresearch/sam2, sav_dataset/README.md; docs/formats/sa-v.md says what each becomes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jobs.sources.files.exports import Export
from jobs.sources.files.folders import Folder
from jobs.sources.files.image_suffixes import IMAGE_SUFFIXES
from jobs.sources.files.json_documents import image_side, list_at, nonempty_text, whole_number
from jobs.sources.files.paths import HostilePathError, safe_path
from jobs.sources.files.single_documents import document_bytes, document_units, load_document
from jobs.sources.formats.coco.objects import run_lengths
from jobs.sources.reader import Reader
from jobs.sources.records import ImageSize, LabelledObject, ListedImage, Rejected, RunLengths, Unit, part_ref, record_ref
from lake.errors import InputError
from lake.reasons import Reason

LABEL_OF_ALL = "object"
"""Label of every masklet: SA-V has no classes."""
FRAME_STEP = 4
"""Frames of the video (24 a second) from one annotated frame (6 a second) to the next."""

_FRAME_FOLDERS = ("", "JPEGImages_24fps/", "frames/")
_MORE_FOLLOWS, _NEGATIVE = 0x20, 0x10  # bits of a character of compressed counts
_MOST_CHARACTERS = 12  # of one number


def units(export: Export) -> Iterator[Unit | Rejected]:
    """Yield one unit for each video's document.

    Raises:
        InputError: There is none.
    """
    yield from document_units(export)


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the image of each annotated frame; the manual and the automatic document of a video share them."""
    document = load_document(export, unit, "masklet")
    if isinstance(document, Rejected):
        yield document
        return
    if not isinstance(document["masklet"], list):
        yield Rejected(part_ref(unit.name, "document"), Reason.MALFORMED_RECORD, "expected masklet as a list of frames")
        return
    try:
        frames = _frame_files(export, unit.name, document)
    except (HostilePathError, InputError) as error:
        reason = Reason.HOSTILE_PATH if isinstance(error, HostilePathError) else Reason.MISSING_IMAGE
        for index in range(len(list_at(document, "masklet"))):
            yield Rejected(part_ref(unit.name, f"frame {index}"), reason, str(error), image=str(index))
        return
    width, height = image_side(document.get("video_width")), image_side(document.get("video_height"))
    for index, path in enumerate(frames):
        yield ListedImage(record_ref(None, f"frame {path}"), str(index), path, width, height, shared=True)


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Yield one outcome for each masklet in each frame in which it is seen."""
    document = load_document(export, unit, "masklet")
    if isinstance(document, Rejected):
        return
    ids = list_at(document, "masklet_id")
    for index, frame in enumerate(list_at(document, "masklet")):
        if not isinstance(frame, list):
            yield Rejected(part_ref(unit.name, f"frame {index}"), Reason.MALFORMED_RECORD, "expected a frame as a list of masks")
            continue
        for place, mask in enumerate(frame):
            if not is_hidden(mask):
                number = whole_number(ids[place]) if place < len(ids) else None
                yield _seen(mask, part_ref(unit.name, f"{index}/{place if number is None else number}"), str(index))


READER = Reader(units, images, objects, documents=(), files=document_bytes)


def is_hidden(mask: Any) -> bool:
    """Say whether a masklet is not seen in a frame: null, or run lengths of one run that is as long as the frame has pixels."""
    if mask is None:
        return True
    sides = list_at(mask, "size")
    height, width = (image_side(sides[0]), image_side(sides[1])) if len(sides) == 2 else (None, None)
    if not height or not width:
        return False
    return _only_run(mask.get("counts")) == height * width


def _only_run(counts: Any) -> int | None:
    """Return the run of counts that hold just one, also compressed (5 bits a character, the least first); else None."""
    if isinstance(counts, list):
        return whole_number(counts[0]) if len(counts) == 1 else None
    if not isinstance(counts, str) or not counts or len(counts) > _MOST_CHARACTERS or not counts.isascii():
        return None
    codes = [ord(character) - 48 for character in counts]
    if min(codes) < 0 or not all(code & _MORE_FOLLOWS for code in codes[:-1]) or codes[-1] & (_MORE_FOLLOWS | _NEGATIVE):
        return None
    return sum((code & 0x1F) << 5 * place for place, code in enumerate(codes))


def _seen(mask: Any, ref: str, image: str) -> LabelledObject | Rejected:
    if not isinstance(mask, dict):
        return Rejected(ref, Reason.MALFORMED_RECORD, "expected a mask as run lengths with size and counts")
    geometry = run_lengths(mask)
    return LabelledObject(ref, image, LABEL_OF_ALL, geometry) if isinstance(geometry, RunLengths) else Rejected(ref, *geometry)


def _frame_files(export: Export, path: str, document: Mapping[str, Any]) -> list[str]:
    """Return where the image of each annotated frame lies, below the folder of images.

    Raises:
        HostilePathError: The video's id is no name of a folder.
        InputError: There is no folder of the video's frames.
    """
    video = safe_path(nonempty_text(document.get("video_id")))
    count, frames = len(document["masklet"]), whole_number(document.get("video_frame_count"))
    beside = path.rpartition("/")[0] if export.images_beside else ""
    for folder in (f"{beside}/{above}{video}".strip("/") for above in _FRAME_FOLDERS):
        if numbered := _numbered(export.images, folder):
            return [f"{folder}/{name}" for name in frame_names(numbered, count, frames)]
    raise InputError(
        f"no folder {video} with the frames of the video below {export.images.root}; extract them: "
        f"ffmpeg -i {video}.mp4 -start_number 0 -q:v 2 {video}/%05d.jpg"
    )


def frame_names(numbered: Mapping[int, str], count: int, frames: int | None) -> list[str]:
    """Return the names of the annotated frames' images.

    Where there are as many images as annotated frames, they are these in order. Else images are numbered as the frames of the video,
    of which each fourth is annotated: from 0, or from 1 where the last number says so.

    Args:
        numbered: Names of a video's images by their number.
        count: Annotated frames.
        frames: Frames of the video, None where that is not known.
    """
    if len(numbered) == count:
        return [name for _, name in sorted(numbered.items())]
    first = int(0 not in numbered and 1 in numbered and (frames is None or max(numbered) >= frames))
    pattern = numbered[min(numbered)]
    digits, ending = len(pattern.partition(".")[0]), pattern.rpartition(".")[2]
    wanted = range(first, first + FRAME_STEP * count, FRAME_STEP)
    return [numbered.get(number, f"{number:0{digits}d}.{ending}") for number in wanted]


def _numbered(images: Folder, folder: str) -> dict[int, str]:
    """Return the images of a folder whose names are numbers, by number."""
    frames = Folder(images.uri(folder))
    if not frames.exists():
        return {}
    names = [entry.path for entry in frames.entries(*IMAGE_SUFFIXES) if "/" not in entry.path]
    return {int(stem): name for name in names if (stem := name.rpartition(".")[0]).isascii() and stem.isdigit() and len(stem) < 10}
