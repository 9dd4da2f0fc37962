"""Every key of every shipped file, spoiled in every way: the command names file, key, value."""

import math
import re
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from basis_lab.cli import main
from basis_lab.config.check import PLANS
from basis_lab.config.models import ModeHeader, RunConfig, ShareClassParameters, strategy_model
from basis_lab.config.schema import Node, Shape, block, dotted, find
from basis_lab.data.download_chain import ChainParameters
from basis_lab.execution.venues.parameters import VENUE_KINDS

pytestmark = pytest.mark.slow
SHIPPED = Path(__file__).parents[2] / "configs"
FILES = sorted(
    str(x.relative_to(SHIPPED)) for x in SHIPPED.rglob("*.yaml") if x.parent.name not in PLANS
)
DUMPER = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper
FREE_TEXT = {"title", "meaning", "scenario", "data_requirements"}
# No shipped mode reads these entries of the venues' tables, so they may go.
UNUSED = {
    *(
        (f"venues/{venue}.yaml", f"spot.markets.{symbol}")
        for venue in ("bybit", "okx")
        for symbol in ("BTCUSDT", "ETHUSDT")
    ),
    ("venues/aave_v3.yaml", "assets.wstETH"),
    ("chains/ethereum.yaml", "assets.USDT"),
    *(("venues/etherfi.yaml", f"programmes.{name}") for name in ("EIGEN", "ETHFI", "SEASONAL")),
    *(
        ("venues/uniswap.yaml", f"slippage.{token}")
        for token in ("wstETH", "EIGEN", "ETHFI", "USDT")
    ),
}


def schema(file, content):
    """The tree that a file's keys belong to."""
    if file.startswith("venues"):
        return block(VENUE_KINDS[content["kind"]])
    if file.startswith("share_classes"):
        return block(ShareClassParameters)
    if file.startswith("chains"):
        return block(ChainParameters)
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


def refused(configs, file, content, capsys):
    """What the command line says of a file that says ``content``: exit code, then its errors."""
    path = configs / file
    path.write_text(yaml.dump(content, Dumper=DUMPER), encoding="utf-8")
    code = main(["config", "check", str(path)])
    return code, capsys.readouterr().err


def problems(text):
    """Read the block of a refusal: where it is, the value as text, and the whole."""
    alone = re.search(
        r"^  where:  (\S+): (.+)\n(?:  value:  (.*)\n)?  remedy: .+", text, re.MULTILINE
    )
    if alone is not None:
        yield alone[1], alone[2], alone[3], text
    for line in re.finditer(r"^  (\S+\.yaml): (\S+) = (.*?): .+; .+$", text, re.MULTILINE):
        yield line[1], line[2], line[3], line[0]


def names(problem, file, path, value):
    """True if a problem names the file, the key or one above or below it, and the value."""
    where, key, shown, whole = problem
    wanted = dotted(path)
    close = key.startswith(wanted) or wanted.startswith(key)
    said = value is None or shown in {str(value), repr(value)} or f"= {value!r}: " in whole
    return where == f"configs/{file}" and close and said


def check(configs, file, capsys, cases):
    """Spoil a file case by case; each must be refused under its file, key and value."""
    content = yaml.safe_load((SHIPPED / file).read_text(encoding="utf-8"))
    missed = []
    for path, change, value in cases(content):
        code, text = refused(configs, file, spoil(content, path, change), capsys)
        named = any(names(x, file, path, value) for x in problems(text))
        if code != 2 or not named or "Traceback" in text:
            missed.append((dotted(path), value, code, text))
    assert missed == []


@pytest.mark.parametrize("file", FILES)
def test_a_deleted_key_is_refused_unless_it_is_optional(configs, file, capsys):
    def cases(content):
        for path in paths(content):
            in_list = any(isinstance(x, int) for x in path)
            scenario = file.startswith("scenarios") and path[0] not in {"scenario", "meaning"}
            optional = isinstance(path[-1], int) or (scenario and not in_list)
            if not optional and (file, dotted(path)) not in UNUSED:
                yield path, delete, None

    check(configs, file, capsys, cases)


@pytest.mark.parametrize("file", FILES)
def test_a_misspelt_key_is_refused(configs, file, capsys):
    def cases(content):
        for path in paths(content):
            if not isinstance(path[-1], int) and (file, dotted(path)) not in UNUSED:
                yield path, misspell, None

    check(configs, file, capsys, cases)


@pytest.mark.parametrize("file", FILES)
def test_a_value_of_the_wrong_type_is_refused(configs, file, capsys):
    def cases(content):
        tree = schema(file, content)
        for path in paths(content):
            node = find(tree, path)
            is_text = node.shape is Shape.VALUE and node.kind is str
            wrong = 12.5 if is_text else "seven"
            yield path, replace_by(wrong), wrong

    check(configs, file, capsys, cases)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("file", FILES)
def test_a_number_that_is_not_finite_is_refused(configs, file, value, capsys):
    def cases(content):
        tree = schema(file, content)
        for path in paths(content):
            if find(tree, path).kind is float:
                yield path, replace_by(value), value

    check(configs, file, capsys, cases)


@pytest.mark.parametrize("file", FILES)
def test_a_value_out_of_range_is_refused(configs, file, capsys):
    def cases(content):
        tree = schema(file, content)
        for path in paths(content):
            node = find(tree, path)
            if node.shape is Shape.VALUE and node.kind is float:
                low = -1.0 if node.low is None else node.low - 1.0
                yield path, replace_by(low), low
                if node.high is not None:
                    yield path, replace_by(2.0 * node.high + 1.0), 2.0 * node.high + 1.0
            elif (
                node.shape is Shape.VALUE and node.kind is str and not FREE_TEXT.intersection(path)
            ):
                yield path, replace_by("nonsense"), "nonsense"

    check(configs, file, capsys, cases)
