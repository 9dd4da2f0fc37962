"""What a run adds up, and in which order, does not hang on the hashes of a process.

Texts hash differently in every process, so a loop over a set goes another way in each; sums of
floats then differ in their last digit.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

COMPUTING = ("calc", "domain", "engine", "execution", "ledger", "monitors", "results", "strategies")
MAKERS = {"set", "frozenset"}
IN_TURN = {"dict", "enumerate", "list", "map", "sum", "tuple"}
SET_MATHS = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.Sub)
HASH_SEEDS = ("0", "4")  # two under which venues of a set come in another order


def is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, SET_MATHS) and (is_set(node.left) or is_set(node.right))
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return isinstance(node, ast.Set | ast.SetComp) or (called and node.func.id in MAKERS)


def sets_in_turn(tree: ast.AST) -> Iterator[ast.expr]:
    """Find sets whose elements are taken one after the other, for anything but another set."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and is_set(node.iter):
            yield node.iter
        elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp):
            yield from (x.iter for x in node.generators if is_set(x.iter))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from (x for x in node.args if node.func.id in IN_TURN and is_set(x))


def test_nothing_that_computes_goes_through_a_set_in_turn(sources):
    offences = [
        source.at(node)
        for source in sources
        if source.path.split("/")[1] in COMPUTING
        for node in sets_in_turn(source.tree)
    ]

    assert not offences, "\n".join(offences)


@pytest.mark.parametrize(
    "text",
    [
        "for venue in {x.venue for x in lines}: total += value[venue]",
        "[value[x] for x in set(venues)]",
        "sum(frozenset(amounts))",
        "list({'a', 'b'} - others)",
    ],
)
def test_the_rule_sees_each_way_through_a_set(text):
    assert list(sets_in_turn(ast.parse(text)))


@pytest.mark.parametrize(
    "text", ["sorted({x.venue for x in lines})", "x in {1, 2}", "{f(x) for x in set(lines)}"]
)
def test_sets_that_are_sorted_or_asked_are_fine(text):
    assert not list(sets_in_turn(ast.parse(text)))


def test_a_run_writes_the_same_bytes_whatever_the_hashes_of_its_process(tmp_path):
    for seed in HASH_SEEDS:
        call = (
            *(sys.executable, "-m", "basis_lab.cli", "backtest", "usdt_market_neutral", "--quiet"),
            *("--start", "2024-09-01", "--end", "2025-03-31", "--scenario", "flows_example"),
            *("--no-plots", "--run-id", "same", "--out", str(tmp_path / seed)),
        )
        subprocess.run(call, check=True, env={**os.environ, "PYTHONHASHSEED": seed}, timeout=300)

    written = [
        {x.name: x.read_bytes() for x in (tmp_path / seed / "same").iterdir() if x.is_file()}
        for seed in HASH_SEEDS
    ]
    for files in written:
        del files["manifest.json"]  # which says when
    assert "events.jsonl" in written[0]
    assert written[0] == written[1]
