"""Writes the references of `pipeline.yaml` and `gates.yaml` from their pydantic models."""

import json
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from evaluation.gate.gates import Gates
from infra.docs.markdown import code, page, table
from lake.configuration import Pipeline

_PLAIN_TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path", SecretStr: "text"}


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """What is said of one key of a configuration file."""

    key: str
    kind: str
    default: str
    meaning: str


def key_entries(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, list[KeyEntry]]]:
    """Yield the keys of a model and of all models in it, mapping by mapping.

    Args:
        model: The model of a file, or of a mapping in one.
        prefix: Where the mapping stands in the file, with a dot behind it; empty at the top level.
    """
    yield prefix, [_entry(prefix + name, field) for name, field in model.model_fields.items()]
    for name, field in model.model_fields.items():
        inner, many = _inner_model(field.annotation)
        if inner is not None:
            yield from key_entries(inner, f"{prefix}{name}{'[]' if many else ''}.")


def pipeline_page() -> str:
    """Return the page of `pipeline.yaml`."""
    intro = (
        "One file a pipeline. Unknown keys are errors that name the nearest known key. Relative paths are taken from the file's folder. "
        "`sources[]` is a list of mappings. An environment variable, written as `${NAME}`, is read only in `catalog` and `database`."
    )
    return _settings_page("pipeline.yaml", intro, Pipeline)


def gates_page() -> str:
    """Return the page of `gates.yaml`."""
    intro = (
        "What a candidate must show before it is promoted. How the checks come to a verdict stands in "
        "[Evaluation](../evaluation.md). Shares are fractions of 1: 0.01 is one point."
    )
    return _settings_page("gates.yaml", intro, Gates)


def _settings_page(title: str, intro: str, model: type[BaseModel]) -> str:
    parts = []
    for prefix, entries in key_entries(model):
        heading = f"## `{prefix.removesuffix('.')}`" if prefix else "## Top level"
        rows = [[code(entry.key), entry.kind, entry.default, entry.meaning] for entry in entries]
        parts.append(f"{heading}\n\n{table(['key', 'type', 'default', 'meaning'], rows)}")
    return page(title, intro, *parts)


def _entry(key: str, field: FieldInfo) -> KeyEntry:
    bounds = "".join(f", {text}" for constraint in field.metadata for text in _bounds(constraint))
    return KeyEntry(key, _kind(field.annotation) + bounds, _default(field), field.description or "")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.default
    if isinstance(default, BaseModel):
        return "the defaults below"
    return code(json.dumps(default)) if not isinstance(default, str) else code(default)


def _kind(annotation: Any) -> str:
    if annotation in _PLAIN_TYPES:
        return _PLAIN_TYPES[annotation]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin is Literal:
        return " or ".join(code(str(choice)) for choice in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join("null" if one is type(None) else _kind(one) for one in arguments)
    if origin is tuple:
        of = _kind(arguments[0])
        return f"list of {of}{'s' if of == 'mapping' else ''}" if ... in arguments else f"{len(arguments)} of {of}"
    if origin is dict:
        return "mapping of text to text"
    raise TypeError(f"no words for the type {annotation!r}; add them to {__name__}")


def _bounds(constraint: Any) -> list[str]:
    signs = (
        (annotated_types.Ge, "ge", "≥"),
        (annotated_types.Gt, "gt", ">"),
        (annotated_types.Le, "le", "≤"),
        (annotated_types.Lt, "lt", "<"),
    )
    found = [f"{sign} {getattr(constraint, name):g}" for kind, name, sign in signs if isinstance(constraint, kind)]
    return [*found, f"at least {constraint.min_length}"] if isinstance(constraint, annotated_types.MinLen) else found


def _inner_model(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for inner in get_args(annotation):
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return inner, get_origin(annotation) is tuple
    return None, False
