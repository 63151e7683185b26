"""Say in plain words what is wrong with the settings of a file."""

import difflib
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from lake.redaction import redacted

_MOST_FAULTS = 10
"""That one message tells of a file."""


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """Say a validation error in one line a fault, naming the nearest known key for each unknown one."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    # pydantic counts only the valid items of a list: the invalid ones are told by themselves
    depths = {fault["loc"][:depth] for fault in faults for depth in range(len(fault["loc"]))}
    told = [fault for fault in faults if fault["type"] != "too_short" or fault["loc"] not in depths]
    lines = [_said(fault["type"], fault["loc"], fault["msg"], model) for fault in told[:_MOST_FAULTS]]
    more = [f"and {len(told) - _MOST_FAULTS:,} more"] if len(told) > _MOST_FAULTS else []
    return redacted(" ".join("; ".join(lines + more).split()))


def _said(kind: str, place: tuple[int | str, ...], message: str, model: type[BaseModel]) -> str:
    where = ".".join(str(part) for part in place)[:100]
    if kind != "extra_forbidden":
        return f"{where or 'document'}: {message.removeprefix('Value error, ')[:500]}"
    known = sorted(_known_keys(model))
    near = difflib.get_close_matches(str(place[-1])[:100], known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
    return f"unknown key {where!r}; {hint}"


def _known_keys(model: type[BaseModel]) -> set[str]:
    keys: set[str] = set()
    pending: list[Any] = [model]
    while pending:
        kind = pending.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys.update(kind.model_fields)
            pending.extend(field.annotation for field in kind.model_fields.values())
        else:
            pending.extend(get_args(kind))
    return keys
