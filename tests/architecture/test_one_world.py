"""Every run is its own world: one instance of a component, made in one place, kept to the end."""

import ast
from dataclasses import fields

import numpy as np
import pytest

from basis_lab.engine import compose
from basis_lab.engine.engine import EventDrivenStrategyEngine
from basis_lab.services.requests import BacktestRequest, check_request

COMPOSITION = "basis_lab/engine/compose.py"
COMPONENTS = {
    "PositionMonitor",
    "EventLogger",
    "ExposureMonitor",
    "RiskMonitor",
    "PnLMonitor",
    "StrategyManager",
    "ExecutionInterfaceManager",
    "ReconciliationComponent",
    "PositionUpdateHandler",
    "ExecutionManager",
}
REQUEST = BacktestRequest(mode="btc_basis", start="2024-06-01", end="2024-06-08")
MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
CHANGERS = {"update", "pop", "popitem", "setdefault", "clear", "__setitem__"}
MAKERS = {"list", "dict", "set", "defaultdict", "deque", "Counter", "OrderedDict", "bytearray"}


def called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def is_mutable(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        return called(value) in MAKERS
    return isinstance(value, MUTABLE)


def named(node: ast.stmt) -> str:
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0])
    return ast.unparse(node.target) if isinstance(node, ast.AnnAssign) else ""


def is_table(node: ast.stmt) -> bool:
    """Tell if a statement writes a table down for good: a full dict under a constant's name."""
    return named(node).lstrip("_").isupper() and (
        (isinstance(node.value, ast.Dict) and len(node.value.keys) > 0)
        or isinstance(node.value, ast.DictComp)
    )


def module_state(tree: ast.Module) -> list[ast.stmt]:
    """Find what a module holds to be filled later, and tables that are changed after all."""
    held = [node for node in tree.body if named(node) and is_mutable(node.value)]
    tables = {named(node) for node in held if is_table(node)}
    loose = [node for node in held if named(node) not in tables and named(node) != "__all__"]
    return [*loose, *(node for node in ast.walk(tree) if changes(node) in tables)]


def changes(node: ast.AST) -> str | None:
    """Return the name whose content a piece of code changes."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        return ast.unparse(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return ast.unparse(node.func.value) if node.func.attr in CHANGERS else None
    return None


def engine():
    checked = check_request(REQUEST)
    made = EventDrivenStrategyEngine(
        checked.config, "backtest", checked.provider, checked.capital, "USDT"
    )
    return made, checked


def test_each_component_is_made_in_one_place(sources):
    places = {name: [] for name in COMPONENTS}
    for source in sources:
        for node in source.nodes(ast.Call):
            if called(node) in COMPONENTS:
                places[called(node)].append(source.at(node))

    for name, found in places.items():
        assert len(found) == 1, f"{name}: {found}"
        assert found[0].startswith(COMPOSITION), found


def test_components_that_meet_hold_the_same_instance():
    parts = engine()[0].components

    held = {}
    for name in (x.name for x in fields(compose.Components)):
        for value in (
            vars(getattr(parts, name)).values() if hasattr(getattr(parts, name), "__dict__") else ()
        ):
            if type(value).__name__ in COMPONENTS:
                held.setdefault(type(value).__name__, set()).add(id(value))

    assert held, "no component refers to another"
    own = {
        type(getattr(parts, x.name)).__name__: id(getattr(parts, x.name))
        for x in fields(compose.Components)
    }
    assert {name: {own[name]} for name in held} == held


def test_no_component_is_made_while_a_run_goes_on(monkeypatch):
    made, checked = engine()
    born = []
    for part in (getattr(made.components, x.name) for x in fields(compose.Components)):
        cls = type(part)
        if cls.__name__ in COMPONENTS:
            monkeypatch.setattr(cls, "__init__", lambda self, *_, **__: born.append(self))

    record = made.run_backtest(checked.start, checked.end)

    assert record.rows == 169
    assert born == []


def test_a_run_leaves_nothing_for_the_next_one():
    runs = []
    for _ in range(2):
        made, checked = engine()
        runs.append(made.run_backtest(checked.start, checked.end))

    one, two = runs
    assert np.array_equal(one.equity, two.equity)
    assert len(one.log) == len(two.log)


def test_modules_hold_nothing_that_can_change(sources):
    offences = [source.at(node) for source in sources for node in module_state(source.tree)]

    assert not offences, "\n".join(offences)


@pytest.mark.parametrize(
    "text",
    [
        "x = []",
        "x: dict = {}",
        "x = set()",
        "x = [y for y in z]",
        "X = {}",
        "x = {'a': 1}",
        "X = {'a': 1}\ndef f():\n    X['b'] = 2",
        "X = {'a': 1}\ndef f():\n    X.update(b=2)",
    ],
)
def test_the_rule_sees_every_kind_of_module_state(text):
    assert module_state(ast.parse(text))


@pytest.mark.parametrize("text", ["x = (1, 2)", "x = frozenset({1})", "__all__ = []", "X = {1: 2}"])
def test_constants_are_fine(text):
    assert not module_state(ast.parse(text))
