"""A journal that was damaged is resumed with what can be read of it."""

import json

import pytest

from basis_lab.errors import SweepError
from basis_lab.services.journal import JOURNAL, WHOLE, Journal

GROUND = {"data": "1"}
ROW = {"status": "completed", "apr": 0.1}
GARBAGE = {
    "no JSON": b"garbage\n",
    "no text": b"\xff\xfe\x00\n",
    "no map": b"[1, 2]\n",
    "no point": b'{"key": "c"}\n',
    "no row": b'{"key": "c", "row": 3}\n',
    "no status": b'{"key": "c", "row": {}}\n',
    "no code": b'{"key": "c", "row": {"status": "failed"}}\n',
    "empty": b"\n",
}


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / JOURNAL
    with Journal(path, GROUND, resume=False) as journal:
        journal.write("a", ROW)
        journal.write("b", ROW)
        journal.close_whole()
    return path


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
@pytest.mark.parametrize("place", [1, 2, 4])
def test_a_line_that_cannot_be_read_is_left_out_told_and_kept(journal, garbage, place):
    lines = journal.read_bytes().splitlines(keepends=True)
    damaged = b"".join([*lines[:place], garbage, *lines[place:]])
    journal.write_bytes(damaged)

    with Journal(journal, GROUND, resume=True) as first:
        first.write("c", ROW)
    with Journal(journal, GROUND, resume=True) as second:
        again = second.kept

    aside = journal.with_name("points-damaged-1.jsonl")
    assert first.kept == {"a": ROW, "b": ROW}
    assert len(first.remarks) == 1
    assert f"(line {place + 1})" in first.remarks[0]
    assert str(aside) in first.remarks[0]
    assert aside.read_bytes() == damaged
    assert again == {"a": ROW, "b": ROW, "c": ROW}
    assert second.remarks == []


def test_a_journal_that_lost_its_first_line_is_refused_and_left_as_it_is(journal):
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([b"x\n", *lines[1:]]))
    before = journal.read_bytes()

    with pytest.raises(SweepError, match="first line of a journal") as caught:
        Journal(journal, GROUND, resume=True)

    assert caught.value.where == f"{journal}, line 1"
    assert journal.read_bytes() == before


def test_a_whole_journal_is_read_without_a_remark(journal):
    assert journal.read_bytes().endswith(WHOLE)

    with Journal(journal, GROUND, resume=True) as again:
        assert again.remarks == []
        assert [json.loads(x).get("key") for x in journal.read_bytes().splitlines()] == [
            None,
            "a",
            "b",
            None,
        ]
