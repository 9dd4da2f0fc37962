"""Shape of the sources: sizes, names, state, and who may know what."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAX_FILE_LINES = 420
MAX_FUNCTION_LINES = 45
LONG_FOR_A_REASON: dict[str, str] = {}  # "path::function" -> why it is better in one piece

INSTRUMENTS = "basis_lab/domain/instruments.py"
SPLITTERS = {"split", "rsplit", "partition", "rpartition"}
VAGUE_ENDINGS = ("Manager", "Utils", "Helper", "Wrapper", "Base")
NAMED_BY_THE_DESIGN = {"StrategyManager", "ExecutionManager", "ExecutionInterfaceManager"}
MODE_BLIND = tuple(f"basis_lab/{name}/" for name in ("calc", "ledger", "monitors", "execution"))
ENGINE = "basis_lab/engine/"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def lines_of_code(function) -> int:
    """Lines of a function from `def` to its end, its docstring not counted."""
    total = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        total -= first.end_lineno - first.lineno + 1
    return total


def test_no_file_is_too_long_to_read_in_one_sitting(sources, record_property):
    lengths = {source.path: source.text.count("\n") for source in sources}
    record_property("longest_file", max(lengths.items(), key=lambda item: item[1]))

    offences = [f"{path}: {n} lines" for path, n in lengths.items() if n >= MAX_FILE_LINES]

    assert not offences, "\n".join(offences)


def test_no_function_is_too_long_to_hold_in_mind(sources, record_property):
    lengths = {
        f"{source.path}:{function.lineno}::{function.name}": lines_of_code(function)
        for source in sources
        for function in source.nodes(*FUNCTIONS)
        if f"{source.path}::{function.name}" not in LONG_FOR_A_REASON
    }
    record_property("longest_function", max(lengths.items(), key=lambda item: item[1]))

    offences = [f"{name}: {n} lines" for name, n in lengths.items() if n > MAX_FUNCTION_LINES]

    assert not offences, "\n".join(offences)


def test_symbols_are_parsed_in_one_place(sources):
    offences = []
    for source in sources:
        if source.path == INSTRUMENTS:
            continue
        for node in source.nodes(ast.Call):
            splits = isinstance(node.func, ast.Attribute) and node.func.attr in SPLITTERS
            if splits and any(isinstance(a, ast.Constant) and a.value == ":" for a in node.args):
                offences.append(source.at(node))
        for node in source.nodes(ast.Subscript):
            sliced = isinstance(node.slice, ast.Slice)
            name = getattr(node.value, "id", getattr(node.value, "attr", ""))
            if sliced and name in {"symbol", "instrument", "pair"}:
                offences.append(source.at(node))

    assert not offences, "\n".join(offences)


def test_nothing_is_reset_or_cleared(sources):
    offences = [
        f"{source.path}:{function.lineno}: {cls.name}.{function.name}"
        for source in sources
        for cls in source.nodes(ast.ClassDef)
        for function in cls.body
        if isinstance(function, FUNCTIONS)
        and function.name.lstrip("_").split("_")[0] in {"reset", "clear"}
    ]

    assert not offences, "\n".join(offences)


def test_no_function_writes_a_global(sources):
    offences = [source.at(node) for source in sources for node in source.nodes(ast.Global)]

    assert not offences, "\n".join(offences)


def test_names_say_what_a_thing_is(sources):
    offences = [
        f"{source.path}:{cls.lineno}: {cls.name}"
        for source in sources
        for cls in source.nodes(ast.ClassDef)
        if cls.name.endswith(VAGUE_ENDINGS) and cls.name not in NAMED_BY_THE_DESIGN
    ]

    assert not offences, "\n".join(offences)


def test_only_strategies_and_configuration_know_a_mode_by_name(sources):
    modes = {path.stem for path in (ROOT / "configs" / "modes").glob("*.yaml")}
    assert modes, "configs/modes holds no mode"

    offences = [
        source.at(node)
        for source in sources
        if source.path.startswith((*MODE_BLIND, ENGINE))
        for node in source.nodes(ast.Constant)
        if isinstance(node.value, str) and node.value in modes
    ]

    assert not offences, "\n".join(offences)


def test_calculation_and_books_never_ask_which_mode_runs(sources):
    offences = [
        source.at(node)
        for source in sources
        if source.path.startswith(MODE_BLIND)
        for node in source.nodes(ast.Attribute)
        if node.attr in {"mode", "family"}
    ]

    assert not offences, "\n".join(offences)


def test_stubs_are_written_by_hand(test_sources):
    offences = [
        source.at(node)
        for source in test_sources
        for node in source.nodes(ast.Import, ast.ImportFrom)
        if "mock" in ast.unparse(node)
    ]

    assert not offences, "\n".join(offences)
