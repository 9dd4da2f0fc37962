"""Commands under a limit on the size of files, at which the system's own writes fail."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from basis_lab.cli import main
from basis_lab.data.writing import unwritten, whole_file, whole_files
from basis_lab.errors import UnwrittenError

LIMITED = """
import resource, sys
from basis_lab.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(main(sys.argv[2:]))
"""
PLAN = """
mode: btc_basis
start: 2025-01-01
end: 2025-01-03
grid: {strategy.spot_allocation: {from: 0.5, to: 0.7, count: 12}}
"""

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


def limited(most_bytes, *words):
    """Run a command whose files may have that many bytes at most."""
    call = [sys.executable, "-c", LIMITED, str(most_bytes), *(str(x) for x in words)]
    return subprocess.run(call, check=False, capture_output=True, text=True, timeout=300)


def halves(folder):
    """The names of what is half written below a folder."""
    return [x.name for x in folder.rglob("*") if "partial" in x.name or x.suffix == ".wal"]


def told_full(done):
    assert done.returncode == 4, done.stderr
    assert "no space is left where this is written" in done.stderr
    assert "MB are free there" in done.stderr
    assert "defect" not in done.stderr


@pytest.fixture
def raw(tmp_path):
    """Two files that an import reads: one small, one beyond the limit."""
    folder = tmp_path / "raw"
    folder.mkdir()
    first = datetime(2024, 1, 1, tzinfo=UTC)
    for hours, symbol in ((48, "ETHUSDT"), (20_000, "BTCUSDT")):
        lines = ["timestamp,open,high,low,close,volume"]
        for i in range(hours):
            price = 40_000 + (i * 7919) % 997 / 10
            stamp = (first + timedelta(hours=i)).strftime("%Y-%m-%d %H:%M:%S+00:00")
            lines.append(f"{stamp},{price},{price + 1},{price - 1},{price},12.5")
        (folder / f"binance_{symbol}_spot_1h.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_an_import_that_finds_no_room_leaves_nothing(raw, tmp_path):
    done = limited(4_000, "data", "import", raw, "--out", tmp_path / "data")

    told_full(done)
    assert not (tmp_path / "data").exists()


def test_an_import_that_finds_no_room_leaves_the_older_one_as_it_was(raw, tmp_path):
    big = raw / "binance_BTCUSDT_spot_1h.csv"
    content = big.read_text()
    big.unlink()
    assert main(["data", "import", str(raw), "--out", str(tmp_path / "data"), "--no-db"]) == 0
    before = {x: x.read_bytes() for x in (tmp_path / "data").rglob("*") if x.is_file()}
    big.write_text(content)

    told_full(limited(4_000, "data", "import", raw, "--out", tmp_path / "data"))

    assert {x: x.read_bytes() for x in (tmp_path / "data").rglob("*") if x.is_file()} == before


def test_a_database_that_finds_no_room_leaves_nothing(tmp_path):
    done = limited(300_000, "data", "to-db", "--db", tmp_path / "a.duckdb")

    told_full(done)
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_that_finds_no_room_is_resumed(tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    words = ["sweep", plan, "--workers", "1", "--quiet", "--out", tmp_path / "out"]

    done = limited(6_000, *words)
    again = limited(10_000_000, *words, "--resume")

    told_full(done)
    assert "call it with --resume" in done.stderr
    assert again.returncode == 0, again.stderr
    summary = json.loads((tmp_path / "out" / "sweeps" / "plan" / "summary.json").read_text())
    assert summary["done"] == 12
    assert summary["resumed"] > 0
    assert halves(tmp_path) == []


def test_a_batch_that_finds_no_room_says_so_and_leaves_its_index(tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text("mode: btc_basis\nstart: 2025-01-01\nend: 2025-01-20\ncases: [{name: a}]\n")

    done = limited(2_000_000, "batch", plan, "--workers", "1", "--quiet", "--out", tmp_path / "out")

    told_full(done)
    folder = tmp_path / "out" / "batches" / "plan"
    assert "failed: a: BT-006" in done.stderr
    assert (folder / "index.html").is_file()
    assert [x.name for x in (folder / "cases" / "a").iterdir()] == ["error.json"]
    assert halves(tmp_path) == []


def test_a_file_that_fails_leaves_the_older_one(tmp_path):
    target = tmp_path / "a"
    target.write_text("old")

    def write():
        with whole_file(target) as aside:
            aside.write_text("new")
            raise OSError(28, "No space left on device")

    with pytest.raises(UnwrittenError, match="no space") as caught:
        write()

    assert caught.value.where == str(target)
    assert [x.read_text() for x in tmp_path.iterdir()] == ["old"]


def test_what_may_not_be_written_is_no_full_disk(tmp_path):
    error = unwritten(tmp_path, PermissionError(13, "Permission denied"))

    assert error.what == "this cannot be written"
    assert error.value == "Permission denied"


def test_files_go_into_place_together_with_the_one_that_names_them_last(tmp_path):
    with whole_files(tmp_path / "new" / "data", "names") as aside:
        (aside / "z").mkdir()
        (aside / "z" / "file").write_text("1")
        (aside / "names").write_text("z/file")
        assert not (tmp_path / "new" / "data" / "names").exists()

    found = {x.name for x in (tmp_path / "new" / "data").rglob("*") if x.is_file()}
    assert found == {"file", "names"}
