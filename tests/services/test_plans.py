"""Plans of batches and sweeps: what they span, and what is refused before anything runs."""

import json

import pytest

from basis_lab.cli import main
from basis_lab.config.loader import list_modes
from basis_lab.errors import ConfigError, UsageError
from basis_lab.services.axes import grid_points, sample_points
from basis_lab.services.cases import Case
from basis_lab.services.plans import check_plan, make_plan, read_plan

SPOT = "strategy.spot_allocation"
BAND = "strategy.position_deviation_threshold"
WEEK = {"start": "2025-01-01", "end": "2025-01-08"}


def plan(**content):
    return make_plan({"name": "test", "mode": "btc_basis", **content}, where="test.yaml")


def test_a_grid_is_every_combination_the_last_axis_fastest():
    made = plan(grid={SPOT: [0.5, 0.6], BAND: [0.05, 0.1]})

    assert [tuple(x.overrides.values()) for x in made.cases] == [
        (0.5, 0.05),
        (0.5, 0.1),
        (0.6, 0.05),
        (0.6, 0.1),
    ]
    assert made.axes == (SPOT, BAND)


def test_a_range_has_both_its_ends_and_round_numbers_between():
    points = grid_points({"a.b": {"from": 0.5, "to": 0.7, "count": 5}}, "test")

    assert [x["a.b"] for x in points] == [0.5, 0.55, 0.6, 0.65, 0.7]


def test_a_logarithmic_range_multiplies():
    points = grid_points({"a.b": {"from": 1.0, "to": 100.0, "count": 3, "scale": "log"}}, "test")

    assert [x["a.b"] for x in points] == [1.0, 10.0, 100.0]


def test_every_mode_is_one_word():
    made = make_plan({"name": "test", "grid": {"mode": "all"}}, where="test.yaml")

    assert [x.mode for x in made.cases] == [x.header.mode for x in list_modes()]


def test_dates_move_together():
    made = plan(grid={"dates": [["2025-01-01", "2025-02-01"], ["2025-02-01", "2025-03-01"]]})

    assert [(x.start, x.end) for x in made.cases] == [
        ("2025-01-01", "2025-02-01"),
        ("2025-02-01", "2025-03-01"),
    ]


def test_what_all_points_share_lies_under_what_each_has():
    made = plan(overrides={SPOT: 0.5, BAND: 0.07}, cases=[{"overrides": {SPOT: 0.6}}, {}])

    assert [x.overrides for x in made.cases] == [{SPOT: 0.6, BAND: 0.07}, {SPOT: 0.5, BAND: 0.07}]


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_a_sample_lies_in_its_box_and_comes_again_with_its_seed(kind):
    box = {"a.b": {"from": 0.5, "to": 0.7}, "a.c": ["x", "y"]}

    one, same, other = (
        sample_points(kind, {"count": 50, "seed": seed, "keys": box}, "test") for seed in (1, 1, 2)
    )

    assert one == same
    assert one != other
    assert len(one) == 50
    assert all(0.5 <= x["a.b"] < 0.7 for x in one)
    assert {x["a.c"] for x in one} == {"x", "y"}


def test_a_sobol_sample_leaves_no_quarter_of_its_box_empty():
    box = {"a.b": {"from": 0.0, "to": 1.0}, "a.c": {"from": 0.0, "to": 1.0}}

    points = sample_points("sobol", {"count": 16, "seed": 7, "keys": box}, "test")

    quarters = [(x["a.b"] >= 0.5, x["a.c"] >= 0.5) for x in points]
    assert sorted(quarters.count(x) for x in set(quarters)) == [4, 4, 4, 4]


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ({"capital": ["1e4"]}, "YAML reads 1e4 as text"),
        ({"scenarios": ["hold", "frictionless"]}, "an axis is a list of such lists"),
    ],
)
def test_a_value_of_an_axis_that_is_nearly_right_says_how_it_is_written(axes, words):
    with pytest.raises(ConfigError, match=words):
        plan(grid=axes)


@pytest.mark.parametrize(
    ("axes", "key"),
    [
        ({"grid": {SPOT: {"from": 0.5, "to": 0.6, "count": 10**12}}}, f"{SPOT}.count"),
        ({"random": {"count": 10**12, "seed": 1, "keys": {SPOT: [0.5, 0.6]}}}, "random.count"),
        ({"grid": {x: {"from": 0.1, "to": 0.2, "count": 2000} for x in (SPOT, BAND)}}, "grid"),
    ],
)
def test_more_points_than_a_plan_may_have_are_refused_before_they_are_made(axes, key):
    with pytest.raises(UsageError, match="more points than a plan may have") as refusal:
        plan(**axes)

    assert f"test.yaml: {key};" in str(refusal.value)


def test_equal_cases_have_equal_keys_whatever_they_are_called():
    one = Case(name="a", mode="btc_basis", overrides={SPOT: 0.6, BAND: 0.1})
    two = Case(name="b", mode="btc_basis", overrides={BAND: 0.1, SPOT: 0.6})

    assert one.key == two.key
    assert one.key != Case(name="a", mode="btc_basis", overrides={SPOT: 0.61, BAND: 0.1}).key


def test_names_of_cases_are_folders_and_differ():
    made = plan(cases=[{"name": "a b c"}, {SPOT: 0.6}, {SPOT: "0.6"}, {"name": "d"}])

    assert [x.name for x in made.cases] == ["a-b-c", "0.6", "0.6-2", "d"]
    assert made.renamed == (("a b c", "a-b-c"),)


@pytest.mark.parametrize(
    ("names", "case", "words"),
    [
        (["a", "b", "a"], 3, "case 1 has that name"),
        (["a b", "A-b"], 2, "makes the same folder"),
        (["a", "../../evil"], 2, "no path"),
        (["a", "b\\c"], 2, "no path"),
        (["a", ".."], 2, "no path"),
    ],
)
def test_a_case_whose_name_is_taken_or_a_path_is_refused(names, case, words):
    with pytest.raises(ConfigError, match=words) as caught:
        plan(cases=[{"name": x} for x in names])

    assert caught.value.where == f"test.yaml, case {case}: name"


@pytest.mark.parametrize("date", ["2025-13-01", "2025-02-30"])
def test_a_date_that_cannot_be_is_refused_by_its_key_and_value(date, tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(f"mode: btc_basis\nstart: {date}\nend: 2025-03-01\ncases: [{{}}]\n")

    with pytest.raises(ConfigError) as caught:
        read_plan(path)

    assert caught.value.where == f"{path}: start"
    assert caught.value.value == date


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ("日本", "日本"),
        ("中文", "中文"),
        ("dú p", "dú-p"),
        ("du\u0301 p", "dú-p"),
        ("हिन्दी", "हिन्दी"),
        ("!!!", "e84c538e7fe2"),
    ],
)
def test_a_plan_of_any_script_has_a_folder_of_its_own(given, folder):
    assert plan(name=given, cases=[{}]).name == folder


def test_names_without_a_letter_differ():
    assert plan(name="!!!", cases=[{}]).name != plan(name="???", cases=[{}]).name


@pytest.mark.parametrize("name", ["a" * 240, "b" * 81, "𠀀" * 60])
def test_a_long_name_is_kept_whole(name):
    made = plan(name=name, cases=[{"name": name}])

    assert made.name == name
    assert made.cases[0].name == name


@pytest.mark.parametrize("name", ["a" * 241, "𠀀" * 61])
def test_a_name_that_no_folder_holds_is_refused_and_never_cut(name):
    for content in ({"name": name, "cases": [{}]}, {"cases": [{"name": name}]}):
        with pytest.raises((ConfigError, UsageError), match="too long for a folder"):
            plan(**content)


@pytest.mark.parametrize(
    ("setting", "axis"),
    [
        ({"mode": "btc_basis"}, {"mode": ["btc_basis", "eth_basis"]}),
        ({"capital": 1_000}, {"capital": [1_000, 2_000]}),
        ({"start": "2025-01-01"}, {"start": ["2025-01-01", "2025-02-01"]}),
        ({"end": "2025-03-01"}, {"dates": [["2025-01-01", "2025-02-01"]]}),
    ],
)
def test_a_setting_that_is_also_an_axis_is_refused(setting, axis):
    content = {"name": "p", "mode": "btc_basis", **setting, "grid": axis}

    with pytest.raises(ConfigError, match="also an axis") as caught:
        make_plan(content, where="test")

    assert [x.key for x in caught.value.problems] == list(setting)


@pytest.mark.parametrize("name", ["../../../evil", "a/b", "a\\b", "..", "", None])
def test_a_name_that_is_a_path_or_none_is_refused(name, tmp_path, capsys):
    with pytest.raises(UsageError, match="no path") as caught:
        plan(name=name, cases=[{}])

    assert caught.value.where == "test.yaml: name"
    path = tmp_path / "p.yaml"
    path.write_text(json.dumps({"name": name, "mode": "btc_basis", "cases": [{}]}))
    assert main(["sweep", str(path), "--out", str(tmp_path / "out")]) == 2
    assert "no path" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        ({"grid": {"strategy.spot_alocation": [0.6]}}, ConfigError, "strategy.spot_alocation"),
        ({"overrides": {"risk.typo": 1}, "grid": {SPOT: [0.6]}}, ConfigError, "risk.typo"),
        ({"gird": {SPOT: [0.6]}}, ConfigError, "did you mean grid"),
        ({"grid": {"captial": [1.0]}}, ConfigError, "captial"),
        ({"grid": {SPOT: [0.6]}, "capital": -5}, ConfigError, "capital"),
        ({"grid": {SPOT: [0.6]}, "start": "2025-13-01"}, ConfigError, "start"),
        ({"grid": {"share_class": ["DOGE"]}}, ConfigError, "DOGE"),
        ({"grid": {SPOT: 0.6}}, UsageError, SPOT),
        ({"grid": {SPOT: [0.5, 0.6, 0.5]}}, UsageError, "stands twice"),
        ({"grid": {"capital": [1000, 1000.0]}}, UsageError, "capital"),
        ({"grid": {"dates": [["2025-01-01", "2025-02-01"]] * 2}}, UsageError, "dates"),
        ({"overrides": {SPOT: 0.5}, "grid": {SPOT: [0.6]}}, ConfigError, f"overrides.{SPOT}"),
        (
            {
                "overrides": {SPOT: 0.5},
                "random": {"count": 2, "seed": 1, "keys": {SPOT: {"from": 0.5, "to": 0.6}}},
            },
            ConfigError,
            f"overrides.{SPOT}",
        ),
        ({"grid": {SPOT: {"from": 0.7, "to": 0.5, "count": 3}}}, UsageError, SPOT),
        ({"grid": {SPOT: {"form": 0.5, "to": 0.7, "count": 3}}}, UsageError, "form"),
        ({"grid": {SPOT: {"from": 0.0, "to": 1, "count": 3, "scale": "log"}}}, UsageError, "log"),
        ({"random": {"count": 0, "seed": 1, "keys": {SPOT: [0.6]}}}, UsageError, "random.count"),
        ({"random": {"count": 5, "keys": {SPOT: [0.6]}}}, UsageError, "random.seed"),
        ({"grid": {SPOT: [0.6]}, "cases": [{}]}, UsageError, "cases, grid"),
        ({}, UsageError, "one of cases, grid, random, sobol"),
        ({"cases": []}, UsageError, "cases"),
    ],
)
def test_a_wrong_name_or_value_is_refused_by_its_name(content, error, words):
    with pytest.raises(error) as caught:
        plan(**content)

    assert words in caught.value.block() + str(caught.value)


@pytest.mark.parametrize("command", ["sweep", "batch"])
@pytest.mark.parametrize(
    ("more", "key", "value"),
    [
        ({"mode": "btc_bassis"}, "mode", "btc_bassis"),
        ({"scenarios": ["nope"]}, "scenarios", "nope"),
        ({"scenarios": ["./nope.yaml"]}, "scenarios", "./nope.yaml"),
    ],
)
def test_a_misspelt_mode_or_scenario_is_refused_before_anything_runs(
    command, more, key, value, tmp_path, capsys
):
    path = tmp_path / "p.yaml"
    path.write_text(json.dumps({"mode": "btc_basis", "grid": {SPOT: [0.5, 0.6]}, **more}))

    code = main([command, str(path), "--out", str(tmp_path / "out")])

    told = capsys.readouterr().err
    assert code == 2
    assert f"{path}: {key}" in told
    assert value in told
    assert told.count("of that name") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("pair", ["2025-01-01", ["2025-01-01"], ["a", "b", "c"], {"start": 1}])
def test_dates_that_are_no_pair_are_told_with_what_a_pair_is(pair):
    with pytest.raises(ConfigError) as caught:
        plan(grid={"dates": [["2025-01-01", "2025-02-01"], pair]})

    (problem,) = caught.value.problems
    assert problem.what == "not a pair of dates"
    assert (problem.file, problem.key, problem.value) == ("test.yaml, case 2", "dates", pair)
    assert "[start, end]" in problem.remedy


def test_a_key_that_one_mode_of_a_plan_lacks_is_told_with_that_mode():
    with pytest.raises(ConfigError) as caught:
        make_plan(
            {"name": "x", "grid": {"mode": ["btc_basis", "pure_lending"], SPOT: [0.6]}}, where="t"
        )

    (problem,) = caught.value.problems
    assert problem.key == SPOT
    assert problem.what == ("the mode pure_lending has no such key, others of this plan have it")
    assert "take pure_lending out" in problem.remedy


@pytest.mark.parametrize("given", ["btc_basis", [], None])
def test_what_is_no_list_of_cases_is_told_with_what_it_is(given):
    with pytest.raises(UsageError) as caught:
        make_plan({"name": "x", "cases": given}, where="x.yaml")

    assert caught.value.value == repr(given)


def test_a_plan_without_a_mode_is_refused():
    with pytest.raises(ConfigError) as caught:
        make_plan({"name": "x", "cases": [{"start": "2025-01-01"}]}, where="x.yaml")

    assert caught.value.problems[0].key == "mode"


def test_a_file_that_is_none_is_refused(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("grid: [")

    with pytest.raises(ConfigError, match="not valid YAML here"):
        read_plan(path)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(ConfigError, match="none"):
        read_plan(tmp_path / "none.yaml")


def test_a_key_that_stands_twice_is_told_with_its_line_in_a_nested_map_too(tmp_path):
    path = tmp_path / "twice.yaml"
    path.write_text("mode: btc_basis\ncases:\n  - {capital: 1, capital: 2}\n")

    (problem,) = check_plan(path)

    assert "the key capital is given twice" in problem.what
    assert problem.file == str(path)
    assert problem.key.startswith("line 3,")


def test_shipped_plans_are_read(pytestconfig):
    root = pytestconfig.rootpath / "configs"
    paths = [*(root / "batches").glob("*.yaml"), *(root / "sweeps").glob("*.yaml")]
    assert len(paths) >= 3

    plans = [read_plan(path) for path in paths]

    assert all(len(x.cases) >= 2 for x in plans)
    assert [x.name for x in plans] == [path.stem for path in paths]


def test_config_check_knows_a_plan_wherever_it_lies(tmp_path, capsys):
    plan = tmp_path / "mine.yaml"
    plan.write_text("mode: btc_basis\ngrid: {strategy.spot_allocation: [0.6]}\n")

    codes = [main(["config", "check", str(x)]) for x in (plan, tmp_path)]

    line = f"{plan}: good, a plan: run it with `basis-lab sweep` or `basis-lab batch`\n"
    assert codes == [0, 0]
    assert capsys.readouterr().out == line * 2
    plan.write_text("mode: btc_basis\ngrid: {strategy.typo: [0.6]}\n")
    assert main(["config", "check", str(plan)]) == 2


def test_a_shipped_plan_with_a_wrong_key_is_named_by_config_check(tmp_path, capsys):
    place = tmp_path / "batches"
    place.mkdir()
    (place / "good.yaml").write_text("grid: {mode: all}\n")
    (place / "bad.yaml").write_text("grid: {strategy.typo: [1]}\nmode: btc_basis\n")

    code = main(["config", "check", str(tmp_path)])

    told = capsys.readouterr()
    assert code == 2
    assert f"{place / 'good.yaml'}: good" in told.out
    assert "strategy.typo" in told.err
