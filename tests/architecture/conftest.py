"""The sources of the package, read once for every rule."""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file: its path from the repository's root, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    def nodes(self, *kinds: type[ast.AST]) -> list[ast.AST]:
        return [node for node in ast.walk(self.tree) if isinstance(node, kinds)]

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{node.lineno}: {ast.unparse(node)[:80]}"


def read(folder: str) -> tuple[Source, ...]:
    return tuple(
        Source(path=path.relative_to(ROOT).as_posix(), text=text, tree=ast.parse(text))
        for path in sorted((ROOT / folder).rglob("*.py"))
        for text in [path.read_text()]
    )


@pytest.fixture(scope="session")
def sources() -> tuple[Source, ...]:
    return read("basis_lab")


@pytest.fixture(scope="session")
def test_sources() -> tuple[Source, ...]:
    return read("tests")
