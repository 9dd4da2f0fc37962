"""Killed at any moment, a download goes on and ends with the bytes of one that never stopped."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

from basis_lab.data.catalogue import CATALOGUE, open_store
from basis_lab.data.download import download
from basis_lab.data.download_source import Page, page_of
from basis_lab.data.download_state import FOLDER
from basis_lab.data.series import DatasetId
from basis_lab.data.spans import Span, runs
from basis_lab.errors import BadDataError, UsageError
from tests.data.fetch.reading import DAY_S, HOUR_S, START, files_of

DATES = ("--start", "2024-08-01", "--end", "2024-08-21")
WORDS = (*DATES, "--venue", "binance,bybit,okx", "--symbol", "BTCUSDT", "--kind", "spot,funding")


class StubSource:
    """A source of hourly rows with holes, in pages of five; it counts what it is asked."""

    provider = "stub"
    dataset = DatasetId.parse("spot/stub/BTCUSDT")
    fields = ("open", "close")
    step_s = HOUR_S
    window_s = 5 * HOUR_S

    def __init__(self, *, holes=(), now=START + 60 * DAY_S):
        self.holes = set(holes)
        self.now = now
        self.asked: list[Span] = []

    def describe(self):
        return "a stub"

    def open(self):
        return self.now

    def complete_before(self, now_s):
        return now_s

    def page(self, window) -> Page:
        self.asked.append(window)
        times = range(window.start, window.end, HOUR_S)
        rows = [(x, x / 7.0, x / 3.0) for x in times if x not in self.holes]
        return page_of(window, self.fields, rows)

    def gaps(self, covered, times):
        grids = [np.arange(x.start, x.end, HOUR_S) for x in covered]
        return tuple(y for x in grids for y in runs(np.setdiff1d(x, times), HOUR_S))

    def finish(self, rows):
        return rows[1], ()


class Killed(BaseException):
    """The process ended here."""


def run(root, *, hours=40, holes=(START + 7 * HOUR_S, START + 8 * HOUR_S)):
    source = StubSource(holes=holes)
    dates = (START, START + hours * HOUR_S)
    (fetched,) = download([source], root, dates, lambda *_: None)
    return source, fetched


def kill_at(monkeypatch, count, *, after):
    """Raise at the n-th durable step (fsync, rename or unlink), before or after it is done."""
    left = [count]

    def dying(step):
        def do(*words, **options):
            left[0] -= 1
            if left[0] == 0 and not after:
                raise Killed
            done = step(*words, **options)
            if left[0] == 0:
                raise Killed
            return done

        return do

    monkeypatch.setattr(os, "fsync", dying(os.fsync))
    monkeypatch.setattr(Path, "replace", dying(Path.replace))
    monkeypatch.setattr(Path, "unlink", dying(Path.unlink))


def durable_steps(monkeypatch, root, **options):
    steps = [0]

    def counting(step):
        def do(*words, **options):
            steps[0] += 1
            return step(*words, **options)

        return do

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", counting(os.fsync))
        patch.setattr(Path, "replace", counting(Path.replace))
        patch.setattr(Path, "unlink", counting(Path.unlink))
        run(root, **options)
    return steps[0]


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_durable_step_it_ends_with_the_same_bytes(after, monkeypatch, tmp_path):
    steps = durable_steps(monkeypatch, tmp_path / "whole")
    whole = files_of(tmp_path / "whole")
    assert steps >= 15

    for count in range(1, steps + 1):
        root = tmp_path / f"killed-{count}"
        with monkeypatch.context() as patch:
            kill_at(patch, count, after=after)
            with pytest.raises(Killed):
                run(root)
        run(root)

        assert files_of(root) == whole, f"killed at step {count}"


@pytest.mark.parametrize("after", [False, True])
def test_killed_while_it_adds_to_a_dataset_the_old_one_can_be_read(after, monkeypatch, tmp_path):
    run(tmp_path / "whole", hours=20)
    steps = durable_steps(monkeypatch, tmp_path / "whole", hours=40)
    whole = files_of(tmp_path / "whole")
    assert steps >= 12

    for count in range(1, steps + 1):
        root = tmp_path / f"killed-{count}"
        run(root, hours=20)
        with monkeypatch.context() as patch:
            kill_at(patch, count, after=after)
            with pytest.raises(Killed):
                run(root, hours=40)
        between = open_store(root).read("spot/stub/BTCUSDT")
        run(root, hours=40)

        assert len(between.times) in {19, 39}
        assert files_of(root) == whole, f"killed at step {count}"


def test_a_page_that_was_cut_off_while_it_was_written_is_the_only_one_lost(monkeypatch, tmp_path):
    run(tmp_path / "whole", holes=())
    with monkeypatch.context() as patch:
        kill_at(patch, 5, after=True)
        with pytest.raises(Killed):
            run(tmp_path / "cut", holes=())
    pages = tmp_path / "cut" / FOLDER / "spot-stub-BTCUSDT.jsonl"
    content = pages.read_bytes()
    last = content.rstrip(b"\n").rfind(b"\n") + 1

    for size in (last + 1, last + 30, len(content) - 1):
        pages.write_bytes(content[:size])
        with monkeypatch.context() as patch:
            kill_at(patch, 4, after=True)  # two steps take the cut line away, two keep a page each
            with pytest.raises(Killed):
                run(tmp_path / "cut", holes=())
        source, fetched = run(tmp_path / "cut", holes=())

        asked = [x.start for x in source.asked]
        assert asked == [START + 5 * HOUR_S * i for i in range(6, 9)], "six pages were whole"
        assert fetched.info.rows == 41
        assert files_of(tmp_path / "cut") == files_of(tmp_path / "whole")
        (tmp_path / "cut" / FOLDER / "spot-stub-BTCUSDT.json").unlink()
        (tmp_path / "cut" / CATALOGUE).unlink()
        pages.write_bytes(content)


def test_what_is_complete_is_not_asked_for_again(tmp_path):
    first, _ = run(tmp_path)
    before = files_of(tmp_path)
    again, fetched = run(tmp_path)

    assert len(first.asked) == 10  # nine pages, and the hole once more
    assert again.asked == []
    assert fetched.new_rows == 0
    assert files_of(tmp_path) == before


def test_only_what_is_missing_on_either_side_is_asked_for(tmp_path):
    source = StubSource()
    download([source], tmp_path, (START, START + 9 * HOUR_S), lambda *_: None)
    source.asked.clear()

    download([source], tmp_path, (START - 5 * HOUR_S, START + 14 * HOUR_S), lambda *_: None)

    assert source.asked == [
        Span(START - 5 * HOUR_S, START),
        Span(START + 10 * HOUR_S, START + 15 * HOUR_S),
    ]


def test_a_file_that_was_changed_is_not_taken_over(tmp_path):
    _, fetched = run(tmp_path)
    path = tmp_path / fetched.info.file
    path.write_bytes(path.read_bytes()[:-1] + b"x")

    _, after = run(tmp_path, hours=60)

    assert isinstance(after.problem, BadDataError)
    assert "not the one that the catalogue names" in str(after.problem)


@pytest.mark.parametrize("trace", ["no state", "imported over it"])
def test_a_dataset_that_came_from_elsewhere_is_never_mixed_with(trace, tmp_path):
    run(tmp_path)
    if trace == "no state":
        (tmp_path / FOLDER / "spot-stub-BTCUSDT.json").unlink()
    else:
        catalogue = tmp_path / CATALOGUE
        catalogue.write_text(catalogue.read_text().replace("fetched 20", "rounded 20"))

    with pytest.raises(UsageError, match="from elsewhere"):
        run(tmp_path)


def test_a_dataset_whose_file_is_gone_from_the_catalogue_is_fetched_anew(tmp_path):
    run(tmp_path)
    before = files_of(tmp_path)
    (tmp_path / CATALOGUE).unlink()

    run(tmp_path)

    assert files_of(tmp_path) == before


def test_another_bar_interval_needs_another_directory(tmp_path):
    run(tmp_path)
    source = StubSource()
    source.step_s = 60

    with pytest.raises(UsageError, match="another bar interval"):
        download([source], tmp_path, (START, START + DAY_S), lambda *_: None)


def test_two_downloads_do_not_write_one_directory(tmp_path):
    source = StubSource()
    source.open = lambda: run(tmp_path)  # a second one starts while the first is at work

    with pytest.raises(UsageError, match="another download"):
        download([source], tmp_path, (START, START + DAY_S), lambda *_: None)


@pytest.mark.slow
def test_killed_processes_lose_a_page_at_most(exchanges, start_fetch, fetch_command, tmp_path):
    code, _, err = fetch_command(*WORDS, "--out", tmp_path / "whole")
    assert not code, err
    pages = {x: exchanges.count(x) for x in ("v3/klines", "t/kline", "candles", "unding")}
    exchanges.asked.clear()

    kills = (("v3/klines", 1), ("t/kline", 1), ("candles", 1), ("candles", 3), ("candles", 2))
    kills = (*kills, ("unding", 2))
    for word, count in kills:
        exchanges.held.clear()
        exchanges.released.clear()
        exchanges.hold_after = (word, exchanges.count(word) + count)
        process = start_fetch(*WORDS, "--out", tmp_path / "killed")
        assert exchanges.held.wait(timeout=60), word
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
        exchanges.hold_after = None
        exchanges.released.set()
    code, _, err = fetch_command(*WORDS, "--out", tmp_path / "killed")

    assert not code, err
    for word, count in pages.items():
        assert exchanges.count(word) == count + sum(x == word for x, _ in kills)
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")


def interrupted(process):
    """Press Ctrl-C, once more where the interpreter was in a clean-up that drops exceptions."""
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=30)[1]
    return process.communicate(timeout=1)[1]


@pytest.mark.slow
def test_an_interrupt_keeps_what_was_finished_and_exits_with_130(
    exchanges, start_fetch, fetch_command, tmp_path
):
    exchanges.hold_after = ("candles", 3)
    process = start_fetch(*WORDS, "--out", tmp_path / "stopped")
    assert exchanges.held.wait(timeout=60)
    err = interrupted(process)
    exchanges.hold_after = None
    exchanges.released.set()
    exchanges.asked.clear()

    assert process.returncode == 130
    assert "what was downloaded is kept" in err
    assert set(open_store(tmp_path / "stopped").ids()) == {
        "spot/binance/BTCUSDT",
        "funding/binance/BTCUSDT",
        "spot/bybit/BTCUSDT",
        "funding/bybit/BTCUSDT",
    }
    code, out, err = fetch_command(*WORDS, "--out", tmp_path / "stopped")
    assert not code, err
    assert "spot/binance/BTCUSDT: 481 rows, 2024-08-01T00:00:00Z to" in out
    assert exchanges.count("klines") == 0
    assert exchanges.count("candles") == 3
