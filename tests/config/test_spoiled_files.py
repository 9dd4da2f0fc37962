"""Every key of every shipped file, spoiled in every way: the error names file, key and value."""

import math
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from basis_lab.config import load_config
from basis_lab.config.models import ModeHeader, RunConfig, ShareClassParameters, strategy_model
from basis_lab.config.schema import Node, Shape, block, dotted, find
from basis_lab.errors import ConfigError
from basis_lab.execution.venues.parameters import VENUE_KINDS

SHIPPED = Path(__file__).parents[2] / "configs"
FILES = sorted(str(x.relative_to(SHIPPED)) for x in SHIPPED.rglob("*.yaml"))
MODES = ("btc_basis", "eth_basis")
FREE_TEXT = {"title", "meaning", "scenario", "data_requirements"}
# Nothing in the shipped modes trades spot there, so these entries may go.
UNUSED_MARKETS = {
    (file, f"spot.markets.{symbol}")
    for file in ("venues/bybit.yaml", "venues/okx.yaml")
    for symbol in ("BTCUSDT", "ETHUSDT")
}


def runs(file):
    """The loads that read a file."""
    folder, name = file.removesuffix(".yaml").split("/")
    match folder:
        case "modes":
            return [{"mode": name}]
        case "share_classes":
            return [{"mode": "pure_lending", "share_class": name.split("_")[0].upper()}]
        case "scenarios":
            return [{"mode": "btc_basis", "scenarios": [name]}]
        case _ if name in {"aave_v3", "wallet"}:
            return [{"mode": "pure_lending"}]
        case _:
            return [{"mode": x} for x in MODES]


def schema(file, content):
    """The tree that a file's keys belong to."""
    if file.startswith("venues"):
        return block(VENUE_KINDS[content["kind"]])
    if file.startswith("share_classes"):
        return block(ShareClassParameters)
    keys = dict(block(ModeHeader).keys)
    keys |= {x: block(RunConfig).keys[x] for x in ("risk", "costs", "data", "rewards")}
    if "family" in content:
        keys["strategy"] = block(strategy_model(content["family"]))
    text = Node(shape=Shape.VALUE, kind=str)
    return Node(shape=Shape.BLOCK, kind=dict, keys=keys | {"scenario": text, "meaning": text})


def paths(content, path=()):
    """Every key of a file; of a list, the first item stands for all."""
    entries = content.items() if isinstance(content, dict) else list(enumerate(content))[:1]
    for key, value in entries:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*path, key))


def spoil(content, path, change):
    """A copy of the content with one key changed by ``change(parent, key)``."""
    copy = deepcopy(content)
    parent = copy
    for key in path[:-1]:
        parent = parent[key]
    change(parent, path[-1])
    return copy


def delete(parent, key):
    del parent[key]


def misspell(parent, key):
    parent[f"{key}x"] = parent.pop(key)


def replace_by(value):
    def change(parent, key):
        parent[key] = value

    return change


def refusals(configs, file, content):
    """What the loads that read a file refuse once it says ``content``."""
    (configs / file).write_text(yaml.safe_dump(content), encoding="utf-8")
    found = []
    for run in runs(file):
        try:
            load_config(**run, configs_dir=configs)
        except ConfigError as error:
            found.extend(error.problems)
    return found


def is_same(found, given):
    both_nan = isinstance(found, float) and isinstance(given, float) and math.isnan(found)
    return (both_nan and math.isnan(given)) or found == given


def names(problem, file, path):
    """True if a problem names the file, and the key or one above or below it."""
    key, wanted = problem.key, dotted(path)
    close = key.startswith(wanted) or wanted.startswith(key)
    return problem.file == f"configs/{file}" and close and problem.what and problem.remedy


def check(configs, file, cases):
    """Spoil a file case by case; each must be refused under its file, key and value."""
    content = yaml.safe_load((SHIPPED / file).read_text(encoding="utf-8"))
    missed = []
    for path, change, value in cases(content):
        found = refusals(configs, file, spoil(content, path, change))
        fitting = [x for x in found if names(x, file, path)]
        if not fitting or (value is not None and not any(is_same(x.value, value) for x in fitting)):
            missed.append((dotted(path), value, [str(x) for x in found]))
    assert missed == []


@pytest.mark.parametrize("file", FILES)
def test_a_deleted_key_is_refused_unless_it_is_optional(configs, file):
    def cases(content):
        for path in paths(content):
            scenario = file.startswith("scenarios") and path[0] not in {"scenario", "meaning"}
            item = isinstance(path[-1], int)
            if not scenario and not item and (file, dotted(path)) not in UNUSED_MARKETS:
                yield path, delete, None

    check(configs, file, cases)


@pytest.mark.parametrize("file", FILES)
def test_a_misspelt_key_is_refused(configs, file):
    def cases(content):
        for path in paths(content):
            if not isinstance(path[-1], int) and (file, dotted(path)) not in UNUSED_MARKETS:
                yield path, misspell, None

    check(configs, file, cases)


@pytest.mark.parametrize("file", FILES)
def test_a_value_of_the_wrong_type_is_refused(configs, file):
    def cases(content):
        tree = schema(file, content)
        for path in paths(content):
            node = find(tree, path)
            is_text = node.shape is Shape.VALUE and node.kind is str
            wrong = 12.5 if is_text else "seven"
            yield path, replace_by(wrong), wrong

    check(configs, file, cases)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("file", FILES)
def test_a_number_that_is_not_finite_is_refused(configs, file, value):
    def cases(content):
        tree = schema(file, content)
        for path in paths(content):
            if find(tree, path).kind is float:
                yield path, replace_by(value), value

    check(configs, file, cases)


@pytest.mark.parametrize("file", FILES)
def test_a_value_out_of_range_is_refused(configs, file):
    def cases(content):
        tree = schema(file, content)
        for path in paths(content):
            node = find(tree, path)
            if node.shape is Shape.VALUE and node.kind is float:
                low = -1.0 if node.low is None else node.low - 1.0
                yield path, replace_by(low), low
                if node.high is not None:
                    yield path, replace_by(2.0 * node.high + 1.0), 2.0 * node.high + 1.0
            elif node.shape is Shape.VALUE and node.kind is str and path[0] not in FREE_TEXT:
                yield path, replace_by("nonsense"), "nonsense"

    check(configs, file, cases)
