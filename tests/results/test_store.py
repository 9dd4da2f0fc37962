"""Run folders: whole or not at all, the same bytes for the same run, only ours replaced."""

import fcntl
import json
import os
import re
from contextlib import contextmanager
from dataclasses import replace

import pytest

from basis_lab.errors import ResultError, UsageError
from basis_lab.results import folder
from basis_lab.results.folder import FILES, check_run_folder, write_folder
from basis_lab.results.result import open_result
from basis_lab.results.store import ResultsStore, make_run_id
from tests.results.records import make_config, make_frame, make_record


@pytest.fixture
def store(tmp_path):
    return ResultsStore(tmp_path / "outputs")


def persist(store, record, *, plots=False):
    return store.persist_results(record, plots=plots, manifest_extra={"command": "a test"})


def contents(path):
    return {x.relative_to(path).as_posix(): x.read_bytes() for x in path.rglob("*") if x.is_file()}


def test_a_folder_holds_every_file_of_the_contract(store, record):
    path = persist(store, record, plots=True)

    plots = {x.name for x in (path / "plots").iterdir()}
    assert {x.name for x in path.iterdir()} == {*FILES, "plots"}
    assert len(plots) == 10
    assert "plotly.min.js" in plots


def test_nothing_stays_beside_the_folder(store, record):
    path = persist(store, record)
    persist(store, record)

    assert [x.name for x in path.parent.iterdir()] == [record.identity.run_id]


def test_the_same_run_is_written_with_the_same_bytes(store, record):
    first = contents(persist(store, record, plots=True))

    second = contents(persist(store, make_record(), plots=True))

    assert first.pop("manifest.json")
    assert second.pop("manifest.json")
    assert first == second


def test_pages_load_the_plotly_beside_them_and_nothing_from_elsewhere(store, record):
    path = persist(store, record, plots=True)

    page = (path / "plots" / "nav.html").read_text()

    assert 'src="plotly.min.js"' in page
    assert 'id="basis-lab-nav"' in page
    assert not re.search(r'src="https?:', page)


def test_the_manifest_names_data_versions_and_command(store, record):
    path = persist(store, record)

    manifest = json.loads((path / "manifest.json").read_text())

    assert manifest["command"] == "a test"
    assert manifest["seed"] is None
    assert manifest["series"][0]["file"] == "aave_v3_USDT.parquet"
    assert manifest["series"][0]["notes"] == ["carried between daily snapshots"]
    assert {"numpy", "pandas", "pyarrow"} <= set(manifest["libraries"])
    assert {"load_s", "run_s", "write_s"} == set(manifest["timing"])
    assert manifest["package_version"]
    assert manifest["python_version"]


def test_a_repeated_run_replaces_its_folder(store, record):
    path = persist(store, record, plots=True)

    persist(store, replace(record, trades=99))

    assert open_result(path).summary["trades"] == 99
    assert not (path / "plots").exists()


def test_a_foreign_folder_is_never_replaced(store, record, tmp_path):
    own = tmp_path / "outputs" / record.identity.run_id
    own.mkdir(parents=True)
    (own / "thesis.txt").write_text("mine")

    with pytest.raises(ResultError, match="not a run's folder stands"):
        persist(store, record)

    assert (own / "thesis.txt").read_text() == "mine"


def test_a_file_in_the_way_is_not_replaced(store, record, tmp_path):
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / record.identity.run_id).write_text("mine")

    with pytest.raises(ResultError):
        persist(store, record)


def test_an_empty_folder_is_taken(store, record, tmp_path):
    (tmp_path / "outputs" / record.identity.run_id).mkdir(parents=True)

    assert open_result(persist(store, record)).summary["trades"] == 2


def test_what_breaks_while_writing_leaves_nothing(tmp_path):
    def files():
        yield "summary.json", b"{}"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_folder(tmp_path / "run", files())

    assert list(tmp_path.iterdir()) == []


def test_what_breaks_while_replacing_leaves_the_older_run(store, record):
    path = persist(store, record)
    before = contents(path)

    def files():
        yield "summary.json", b"{}"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_folder(path, files())

    assert contents(path) == before


def test_a_place_that_cannot_be_written_is_an_error_of_ours(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(ResultError, match="cannot be written"):
        write_folder(tmp_path / "file" / "run", [("summary.json", b"{}")])


def test_another_process_may_finish_the_same_run_in_between(tmp_path, monkeypatch):
    target = tmp_path / "run"
    moved = folder._moved  # noqa: SLF001 - the moment between two renames has no other handle

    def meddle(source, place):
        if place == target and not target.exists():
            target.mkdir()
            (target / "theirs").write_text("")
        return moved(source, place)

    monkeypatch.setattr(folder, "_moved", meddle)
    write_folder(target, [("ours", b"")])

    assert [x.name for x in target.iterdir()] == ["ours"]


@pytest.mark.parametrize("run_id", ["", ".hidden", "../elsewhere", "a/b", "x" * 200, "a b"])
def test_a_run_id_that_is_no_folder_name_is_refused(store, run_id):
    with pytest.raises(UsageError, match="name of a folder"):
        persist(store, make_record(run_id=run_id))


@pytest.mark.parametrize("missing", FILES)
def test_a_partial_folder_is_refused_by_the_name_of_what_is_missing(store, record, missing):
    path = persist(store, record)
    (path / missing).unlink()

    with pytest.raises(ResultError) as caught:
        open_result(path)

    assert missing in str(caught.value)


def test_a_folder_left_aside_is_refused(store, record):
    path = persist(store, record)
    aside = path.rename(path.parent / f".{path.name}.partial-123")

    with pytest.raises(ResultError, match="did not finish writing"):
        open_result(aside)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ResultError, match="no run's folder"):
        open_result(tmp_path / "nothing")


@pytest.mark.parametrize("manifest", ['{"product": "another"}', "[]", "{", "\xff"])
def test_a_foreign_manifest_is_refused(store, record, manifest):
    path = persist(store, record)
    (path / "manifest.json").write_text(manifest, encoding="latin-1")

    with pytest.raises(ResultError):
        check_run_folder(path)


def test_a_run_id_follows_from_what_the_run_is_made_of():
    def name(frame=None, config=None, capital=100_000.0):
        return make_run_id(
            config if config is not None else make_config(),
            frame if frame is not None else make_frame(),
            mode="btc_basis",
            share_class="USDT",
            initial_capital=capital,
        )

    again, names = name(), {name(), name(make_frame(48)), name(capital=1.0), name(config={})}

    assert re.fullmatch(r"btc_basis-USDT-[0-9a-f]{12}", again)
    assert again in names
    assert len(names) == 4


def leave(store, record, name):
    """Leave a folder as a killed writer would have."""
    path = persist(store, record)
    return path.rename(path.parent / name)


def test_what_a_killed_writer_left_is_gone_after_the_next_run(store, record):
    left = leave(store, record, f".{record.identity.run_id}.partial-4242-0badcafe")
    (left / "summary.json").unlink()

    path = persist(store, record)

    assert [x.name for x in path.parent.iterdir()] == [record.identity.run_id]


def test_what_is_being_written_is_left_alone(store, record):
    left = leave(store, record, f".{record.identity.run_id}.partial-4242-0badcafe")

    with holding(left):
        persist(store, record)

        assert (left / "summary.json").is_file()


def test_an_older_run_that_was_moved_aside_is_put_back(store, record):
    other = make_record(run_id="other")
    leave(store, other, ".other.replaced-4242-0badcafe")

    path = persist(store, record)

    assert open_result(path.parent / "other").summary["run_id"] == "other"
    assert sorted(x.name for x in path.parent.iterdir()) == sorted([path.name, "other"])


def test_an_older_run_that_was_replaced_after_all_is_deleted(store, record):
    leave(store, make_record(run_id="other"), ".other.replaced-4242-0badcafe")
    persist(store, make_record(run_id="other", trades=99))

    assert open_result(persist(store, record).parent / "other").summary["trades"] == 99


@pytest.mark.parametrize("name", [".git", ".x.partial-download", "run.partial-1-ab"])
def test_nothing_else_is_swept(store, record, tmp_path, name):
    theirs = tmp_path / "outputs" / name
    theirs.mkdir(parents=True)

    persist(store, record)

    assert theirs.is_dir()


def test_a_file_with_the_name_of_a_leftover_is_not_ours(store, record, tmp_path):
    theirs = tmp_path / "outputs" / ".run.partial-1-ab"
    theirs.parent.mkdir()
    theirs.write_text("mine")

    persist(store, record)

    assert theirs.read_text() == "mine"


def test_an_interrupt_between_the_two_renames_leaves_the_older_run(store, record, monkeypatch):
    path = persist(store, record)
    moved = folder._moved  # noqa: SLF001 - the moment between two renames has no other handle

    def interrupt(source, place):
        if place == path and not path.exists() and ".partial-" in source.name:
            raise KeyboardInterrupt
        return moved(source, place)

    monkeypatch.setattr(folder, "_moved", interrupt)
    with pytest.raises(KeyboardInterrupt):
        persist(store, replace(record, trades=99))

    assert open_result(path).summary["trades"] == 2
    assert [x.name for x in path.parent.iterdir()] == [path.name]


@contextmanager
def holding(path):
    """Hold a folder as the process that writes it does."""
    handle = os.open(path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(handle)
