"""Hold every public docstring to the numpydoc checks that pyproject.toml names.

The objects are imported and their real signatures compared, so that a dataclass answers for the
fields in its constructor; the source-reading lint of numpydoc sees no constructor there. Functions
and methods answer to every check. A class answers for its fields once it lists any: enums, errors
and blocks of parameters say theirs elsewhere, and keyword fields may be grouped in any order.
"""

import importlib
import inspect
import pkgutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

from numpydoc.validate import validate

import basis_lab

ROOT = Path(__file__).parents[2]
METHODS = FunctionType | property | classmethod | staticmethod
FIELDS_LISTED = "Parameters\n---"


def modules() -> Iterator[ModuleType]:
    """Every module of the package, imported."""
    yield basis_lab
    for found in pkgutil.walk_packages(basis_lab.__path__, prefix="basis_lab."):
        yield importlib.import_module(found.name)


def public_things(module: ModuleType) -> Iterator[tuple[str, object]]:
    """Dotted paths of the public functions, classes and methods that a module defines."""
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
            continue
        path = f"{module.__name__}.{name}"
        if inspect.isfunction(thing):
            yield path, thing
        if inspect.isclass(thing):
            yield path, thing
            yield from (
                (f"{path}.{member}", value)
                for member, value in vars(thing).items()
                if not member.startswith("_") and isinstance(value, METHODS)
            )


def complaints(path: str, thing: object, wanted: frozenset[str]) -> Iterator[str]:
    """What numpydoc has against one object, as lines of text."""
    report = validate(path)
    codes = wanted
    if inspect.isclass(thing):
        codes = wanted - {"PR03"} if FIELDS_LISTED in report["docstring"] else wanted & {"GL08"}
    for code, text in report["errors"]:
        if code in codes:
            file = Path(report["file"]).relative_to(ROOT)
            yield f"{file}:{report['file_line']}: {code} {path}: {text}"


def main() -> int:
    """Print every complaint; the exit code says whether there was one."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["numpydoc_validation"]
    wanted = frozenset(settings["checks"])
    lines = [
        line
        for module in modules()
        for path, thing in public_things(module)
        for line in complaints(path, thing, wanted)
    ]
    sys.stdout.writelines(f"{line}\n" for line in sorted(set(lines)))
    sys.stdout.write(f"docstrings: {len(lines)} complaints\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
