"""The reference of the public Python API, from its signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

INTRODUCTION = """\
Whatever a command does, a notebook can do with one call. These modules are public; what is not here may change
without notice. [Frames and their columns](columns.md) says what the frames hold. Below a class stand its attributes,
but for those of types that are not public."""

MODULES = tuple(
    f"tlsinspect{name}"
    for name in (
        "", ".columns", ".statistics", ".charts", ".answers", ".story", ".policies", ".compliance", ".validation",
        ".indicators", ".comparison", ".adoption", ".charts.adoption", ".report.adoption", ".export", ".extraction",
        ".anonymise", ".case", ".verification",
    )
)  # fmt: skip
GENERIC = {"Callable", "Iterable", "Mapping", "None", "Path", "Sequence"}
CLASS_NAME = r"(?<![\w.])[A-Z]\w*"  # that no module stands in front of, as pd.DataFrame
LONG = 40  # characters of a default, from which on it is only named


def render_api(notice: str) -> str:
    """The reference of MODULES, as Markdown."""
    parts = [notice, "# The Python API", INTRODUCTION]
    for name in MODULES:
        module = import_module(name)
        parts += [f"## {name}", text_of(module)]
        for public in module.__all__:
            parts += render_name(name, public, getattr(module, public))
    return "\n\n".join(parts) + "\n"


def render_name(module: str, name: str, value: Any) -> Iterator[str]:
    """One public name."""
    if inspect.isclass(value):
        yield f"### {name}"
        yield code_of(f"class {module}.{name}" + "".join(f"\n    {field}" for field in fields_of(value)))
        yield text_of(value)
        if members := list(render_members(value)):
            yield "\n".join(members)
    elif inspect.isfunction(inspect.unwrap(value)):
        yield f"### {name}"
        yield code_of(f"{module}.{name}{signature_of(value)}")
        yield text_of(value)
    elif isinstance(value, dict):
        yield f"### {name}"
        yield f"A dictionary of {len(value)}: " + ", ".join(f"`{key}`" for key in value)


def render_members(value: type) -> Iterator[str]:
    """The public methods and properties that a class itself declares, one line each."""
    for name, member in vars(value).items():
        declared = member.func if hasattr(member, "func") else member.fget if isinstance(member, property) else member
        if name.startswith("_") or not inspect.isfunction(declared) or not declared.__doc__:
            continue
        signature = signature_of(declared)
        call = f"{name}{signature}" if declared is member else name + signature.replace("() -> ", ": ")
        yield f"- `{call}`: {' '.join(declared.__doc__.split())}"


def fields_of(value: type) -> list[str]:
    """The attributes of a record with their types, where these are public; the kernel's are on pages of their own."""
    if value.__module__.startswith("tlsinspect.wire."):
        return []
    stated = inspect.get_annotations(value)
    types = {name: getattr(stated[name], "__forward_arg__", stated[name]) for name in stated if name[0] != "_"}
    public = public_names() | GENERIC
    return [f"{name}: {text}" for name, text in types.items() if public.issuperset(re.findall(CLASS_NAME, text))]


@cache
def public_names() -> set[str]:
    """All that MODULES have in common with their readers."""
    return {name for module in MODULES for name in import_module(module).__all__}


def signature_of(function: Any) -> str:
    """A function's parameters and what it returns, without self."""
    signature = inspect.signature(function)
    kept = [parameter_of(parameter) for name, parameter in signature.parameters.items() if name != "self"]
    returned = "" if signature.return_annotation is inspect.Signature.empty else f" -> {signature.return_annotation}"
    return f"({', '.join(kept)}){returned}"


def parameter_of(parameter: inspect.Parameter) -> str:
    """One parameter: its name, type and default; of a default that is an object, how it is made."""
    text = str(parameter.replace(annotation=inspect.Parameter.empty, default=inspect.Parameter.empty))
    if parameter.annotation is not inspect.Parameter.empty:
        text += f": {parameter.annotation}"
    if parameter.default is inspect.Parameter.empty:
        return text
    shown = repr(parameter.default) if len(repr(parameter.default)) < LONG else f"{type(parameter.default).__name__}()"
    return f"{text} = {shown}"


def code_of(text: str) -> str:
    """A block of Python."""
    if len(text) > 100 and "(" in text:
        head, _, rest = text.partition("(")
        parameters, _, returned = rest.rpartition(")")
        text = f"{head}(\n    " + ",\n    ".join(split_parameters(parameters)) + f",\n){returned}"
    return f"```python\n{text}\n```"


def split_parameters(text: str) -> list[str]:
    """Parameters apart, commas within brackets left alone."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "[({") - (letter in "])}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def text_of(value: Any) -> str:
    """A docstring, without the signature that compiling puts in front of it."""
    text = inspect.cleandoc(value.__doc__ or "")
    first, _, rest = text.partition("\n\n")
    return rest if first.startswith(f"{getattr(value, '__name__', '')}(") else text
