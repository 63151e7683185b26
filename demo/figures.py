"""Draws the objects of the demo from the shapes that `figures.yaml` lists; how they are written is said there."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import CodeType
from typing import Any

import numpy as np
import yaml
from numpy.random import Generator

from demo.outlines import Figure, FigurePart, Paint, Points, circle, polygon, rounded_box, smooth_curve

_SHAPES: Mapping[str, Callable[..., Points]] = {
    "area": polygon, "smooth": smooth_curve, "line": polygon, "loop": polygon, "disc": circle, "ring": circle, "box": rounded_box,
}  # fmt: skip
_OF_POINTS, _STROKES = ("area", "smooth", "line", "loop"), ("line", "loop", "ring")
_FUNCTIONS: dict[str, Any] = {
    "pi": np.pi, "sin": np.sin, "cos": np.cos, "abs": abs, "arange": np.arange, "linspace": np.linspace, "array": np.array,
    "column": lambda values: values[:, None], "hole": None,
}  # fmt: skip
_SYNTAX = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Call, ast.Name, ast.Constant, ast.Tuple,
    ast.operator, ast.unaryop, ast.cmpop, ast.expr_context,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Value:
    name: str
    value: CodeType


@dataclass(frozen=True, slots=True)
class _Shape:
    primitive: str
    paint: CodeType
    stroke: CodeType
    outlines: tuple[CodeType, ...]  # each gives the arguments of the primitive


@dataclass(frozen=True, slots=True)
class _Repeat:
    names: tuple[str, ...]
    values: CodeType
    steps: "tuple[_Step, ...]"


_Step = _Value | _Shape | _Repeat


def draw_figure(name: str, rng: Generator, paint: Paint) -> Figure:
    """Draw one object.

    Args:
        name: Of the figure in `figures.yaml`.
        rng: Chooses its proportions and the paints that are its own.
        paint: The object's colour in this scene.
    """
    paints, figures = _tables()
    width, steps = figures[name]
    return Figure(width, tuple(_parts(steps, {**_FUNCTIONS, **paints, **_draws(rng), "paint": paint})))


def parse_steps(lines: list[Mapping[str, Any]], where: str) -> tuple[_Step, ...]:
    """Read the lines of one figure.

    Raises:
        ValueError: A line is no shape, value or repetition, or holds what is no expression.
    """
    return tuple(_step(key, value, where) for line in lines for key, value in line.items())


def _step(key: str, value: Any, where: str) -> _Step:
    word, *rest = key.split()
    if word == "each" and " of " in key and isinstance(value, list):
        names, _, values = key.removeprefix("each ").partition(" of ")
        return _Repeat(tuple(name.strip() for name in names.split(",")), _compiled(f"({values},)", where), parse_steps(value, where))
    if word in _SHAPES and len(rest) == 1 + (word in _STROKES):
        outlines = tuple(_compiled(_arguments(word, outline), where) for outline in str(value).split(";"))
        return _Shape(word, _compiled(rest[-1], where), _compiled(rest[0] if word in _STROKES else "0.0", where), outlines)
    if not rest and word.isidentifier():
        return _Value(word, _compiled(str(value), where))
    raise ValueError(f"figures.yaml: {where}: expected a shape, a value or `each NAME of VALUES`, got {key!r}")


def _arguments(primitive: str, outline: str) -> str:
    if primitive in _OF_POINTS:
        return "".join(f"({','.join(point.split())})," for point in outline.split(","))
    return ",".join(outline.split()) + ","


def _compiled(expression: str, where: str) -> CodeType:
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise ValueError(f"figures.yaml: {where}: {expression!r} is no expression: {error.msg}") from None
    for node in ast.walk(tree):
        if not isinstance(node, _SYNTAX):
            raise ValueError(f"figures.yaml: {where}: {type(node).__name__} is not allowed in {expression!r}")
    return compile(tree, f"figures.yaml: {where}", "eval")


def _parts(steps: tuple[_Step, ...], names: dict[str, Any]) -> Iterator[FigurePart]:
    # eval is of expressions of this package alone, without builtins and attributes; see _SYNTAX
    for step in steps:
        if isinstance(step, _Value):
            names[step.name] = eval(step.value, {"__builtins__": {}}, names)
        elif isinstance(step, _Repeat):
            for values in zip(*eval(step.values, {"__builtins__": {}}, names), strict=True):
                names.update(zip(step.names, values, strict=True))
                yield from _parts(step.steps, names)
        else:
            paint, stroke = (eval(code, {"__builtins__": {}}, names) for code in (step.paint, step.stroke))
            for outline in step.outlines:
                ring = _SHAPES[step.primitive](*eval(outline, {"__builtins__": {}}, names))
                yield FigurePart(ring, paint, stroke, closed=step.primitive != "line")


def _draws(rng: Generator) -> dict[str, Callable[..., Any]]:
    return {
        "uniform": rng.uniform,
        "random": rng.random,
        "integers": lambda *bounds: int(rng.integers(*bounds)),
        "choice": lambda options: options[int(rng.integers(len(options)))],
    }


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, Paint | tuple[Paint, ...]], dict[str, tuple[float, tuple[_Step, ...]]]]:
    document = yaml.load(files("demo").joinpath("figures.yaml").read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    paints: dict[str, Paint | tuple[Paint, ...]] = {}
    for name, look in document["paints"].items():
        colours = look.pop("colours", None)
        paints[name] = (
            tuple(Paint(tuple(colour), **look) for colour in colours) if colours else Paint(**{**look, "colour": tuple(look["colour"])})
        )
    figures = {}
    for heading, lines in document["figures"].items():
        name, width = heading.removesuffix(" wide").split(", ")
        figures[name] = (float(width), parse_steps(lines, name))
    return paints, figures
