"""Fail fast: nothing that is absent becomes a number, and no error is swallowed whole."""

import ast
from collections.abc import Iterator

import pytest

from basis_lab import errors

LITERALS = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.JoinedStr)
CONSTRUCTORS = {"list", "tuple", "dict", "set", "frozenset", "float", "int", "str", "bool"}
BROAD = {"Exception", "BaseException"}
EDGE = "basis_lab/cli/edge.py"


def is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return is_number(node.operand)
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float | complex)
        and not isinstance(node.value, bool)
    )


def is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return is_literal(node.operand)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in CONSTRUCTORS and all(is_literal(arg) for arg in node.args)
    return isinstance(node, LITERALS)


def literal_defaults(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls `thing.get(key, literal)` and `thing.pop(key, number)`."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        defaults = node.args[1:2] + [k.value for k in node.keywords if k.arg == "default"]
        refused = {"get": is_literal, "pop": is_number}
        if node.func.attr in refused and any(map(refused[node.func.attr], defaults)):
            yield node


def numeric_alternatives(tree: ast.AST) -> Iterator[ast.BoolOp]:
    """Expressions `x or number`."""
    for node in ast.walk(tree):
        is_or = isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or)
        if is_or and any(is_number(value) for value in node.values[1:]):
            yield node


def broad_excepts(tree: ast.AST) -> Iterator[ast.ExceptHandler]:
    """Handlers of everything: bare, or naming Exception or BaseException."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            names = ast.walk(node.type) if node.type else ()
            if node.type is None or any(isinstance(n, ast.Name) and n.id in BROAD for n in names):
                yield node


def test_no_get_has_a_literal_default(sources):
    offences = [s.at(node) for s in sources for node in literal_defaults(s.tree)]

    assert not offences, "\n".join(offences)


def test_no_number_stands_in_for_what_is_absent(sources):
    offences = [s.at(node) for s in sources for node in numeric_alternatives(s.tree)]

    assert not offences, "\n".join(offences)


def test_only_the_edge_of_the_command_line_catches_everything(sources):
    offences = [s.at(node) for s in sources for node in broad_excepts(s.tree)]

    inside = [offence for offence in offences if not offence.startswith(EDGE)]
    assert not inside, "\n".join(inside)
    assert len(offences) <= 1, "\n".join(offences)


@pytest.mark.parametrize(
    "text",
    [
        "prices.get('ETH', 1.0)",
        "prices.get('ETH', -1)",
        "prices.get('ETH', None)",
        "prices.get('ETH', default='')",
        "prices.get('ETH', {})",
        "prices.get('ETH', [0.0])",
        "prices.get('ETH', float('nan'))",
        "prices.pop('ETH', 0)",
    ],
)
def test_the_rule_sees_every_kind_of_literal_default(text):
    assert list(literal_defaults(ast.parse(text)))


@pytest.mark.parametrize("text", ["prices.get('ETH')", "prices.get('ETH', fallback)", "get(a, 1)"])
def test_a_get_without_a_literal_default_is_fine(text):
    assert not list(literal_defaults(ast.parse(text)))


@pytest.mark.parametrize("text", ["x or 0", "x or y or -1.0"])
def test_the_rule_sees_a_numeric_alternative(text):
    assert list(numeric_alternatives(ast.parse(text)))


def test_a_choice_between_values_is_fine():
    assert not list(numeric_alternatives(ast.parse("x or y or True")))


@pytest.mark.parametrize("caught", ["", " Exception", " (ValueError, BaseException) as error"])
def test_the_rule_sees_every_broad_except(caught):
    assert list(broad_excepts(ast.parse(f"try:\n    x\nexcept{caught}:\n    y")))


def test_each_error_has_a_code_of_its_own():
    classes = [
        thing
        for thing in vars(errors).values()
        if isinstance(thing, type) and issubclass(thing, errors.BasisLabError)
    ]

    codes = [cls.code for cls in classes]

    assert len(set(codes)) == len(codes), sorted(codes)


def test_each_error_stands_in_the_tree_at_the_top_of_its_module():
    classes = [
        thing
        for thing in vars(errors).values()
        if isinstance(thing, type) and issubclass(thing, errors.BasisLabError)
    ]

    missing = [
        cls.__name__
        for cls in classes
        if cls is not errors.BasisLabError
        and not any(
            cls.__name__ in line and cls.code in line for line in errors.__doc__.split("\n")
        )
    ]

    assert not missing, missing
