"""Hold every public docstring to the numpydoc checks that pyproject.toml names.

The objects are imported and their real signatures compared, so that a dataclass answers for the
fields in its constructor; the source-reading lint of numpydoc sees no constructor there. Functions
and methods answer to every check; a method that a protocol or base class of ours documents is
documented there, and needs no more than its first line. A class answers for its fields once it
lists any: enums, errors and blocks of parameters say theirs elsewhere, and keyword fields may be
grouped in any order.
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
    """Dotted paths of the public functions and classes that a module defines."""
    for name, thing in vars(module).items():
        ours = getattr(thing, "__module__", None) == module.__name__
        if ours and not name.startswith("_") and isinstance(thing, FunctionType | type):
            yield f"{module.__name__}.{name}", thing


def public_methods(cls: type) -> Iterator[str]:
    """Names of the public methods that a class itself defines."""
    for name, member in vars(cls).items():
        if not name.startswith("_") and isinstance(member, METHODS):
            yield name


def documented_elsewhere(cls: type, protocols: list[type]) -> set[str]:
    """Methods of a class that a base class or a protocol that it satisfies documents."""
    bases = [base for base in cls.__mro__[1:] if base.__module__.startswith("basis_lab.")]
    satisfied = [
        protocol
        for protocol in protocols
        if protocol is not cls and set(public_methods(protocol)) <= set(dir(cls))
    ]
    return {name for origin in (*bases, *satisfied) for name in public_methods(origin)}


def complaints(path: str, codes: set[str]) -> Iterator[str]:
    """What numpydoc has against one object, as lines of text."""
    report = validate(path)
    for code, text in report["errors"]:
        if code in codes:
            file = Path(report["file"]).relative_to(ROOT)
            yield f"{file}:{report['file_line']}: {code} {path}: {text}"


def complaints_on_class(
    path: str, cls: type, wanted: set[str], protocols: list[type]
) -> Iterator[str]:
    """What numpydoc has against a class and its methods."""
    lists_fields = FIELDS_LISTED in str(inspect.getdoc(cls))
    yield from complaints(path, wanted - {"PR03"} if lists_fields else {"GL08"})
    elsewhere = documented_elsewhere(cls, protocols)
    for name in public_methods(cls):
        yield from complaints(f"{path}.{name}", {"GL08"} if name in elsewhere else wanted)


def main() -> int:
    """Print every complaint; the exit code says whether there was one."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["numpydoc_validation"]
    wanted = set(settings["checks"])
    things = [found for module in modules() for found in public_things(module)]
    protocols = [thing for _, thing in things if getattr(thing, "_is_protocol", False)]
    lines = []
    for path, thing in things:
        if isinstance(thing, type):
            lines += complaints_on_class(path, thing, wanted, protocols)
        else:
            lines += complaints(path, wanted)
    sys.stdout.writelines(f"{line}\n" for line in sorted(set(lines)))
    sys.stdout.write(f"docstrings: {len(lines)} complaints\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
