"""One market in CSV, Parquet, DuckDB and an object store: the same run, to the last byte."""

import filecmp
from pathlib import Path

import boto3
import fsspec
import numpy as np
import pytest
from moto.server import ThreadedMotoServer

from basis_lab.cli import main
from basis_lab.data.catalogue import open_store
from basis_lab.data.duckdb import database_of
from basis_lab.data.parquet import GROUP_ROWS, write_columns
from benchmarks.long_runs import write_csv
from benchmarks.minutes import write_directory

SPAN = ("2024-06-01", "2024-06-05")
MINUTE = np.timedelta64(60, "s")


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Raw files, what an import makes of them, and that in a bucket."""
    root = tmp_path_factory.mktemp("places")
    made = write_directory(root / "made", ("BTCUSDT",), SPAN, "1m")
    raw = write_csv(made, root / "raw")
    assert main(["data", "import", str(raw), "--out", str(root / "mine")]) == 0
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        upload(root / "mine")
        yield {
            "CSV": str(raw),
            "Parquet": str(root / "mine"),
            "DuckDB": str(database_of(root / "mine")),
            "S3": "s3://places/mine",
        }
    server.stop()


def upload(directory: Path) -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="places")
    for path in sorted(x for x in directory.rglob("*") if x.is_file()):
        key = f"{directory.name}/{path.relative_to(directory).as_posix()}"
        client.put_object(Bucket="places", Key=key, Body=path.read_bytes())
    client.close()


@pytest.mark.parametrize("interval", ["1m", "1h"])
def test_the_same_run_from_every_place_writes_the_same_bytes(places, tmp_path, interval):
    words = ["backtest", "btc_basis", "--interval", interval, "--quiet", "--no-plots"]
    words += ["--start", "2024-06-02", "--end", "2024-06-04"]
    words += ["--set", 'strategy.hedge_allocation={"binance": 1.0}']

    for name, place in places.items():
        assert main([*words, "--data-dir", place, "--out", str(tmp_path / name)]) == 0

    (ours,) = (tmp_path / "CSV").iterdir()
    names = sorted(x.name for x in ours.iterdir() if x.name != "manifest.json")
    assert len(names) == 8
    for name in places:
        theirs = tmp_path / name / ours.name
        assert filecmp.cmpfiles(ours, theirs, names, shallow=False) == (names, [], []), name


def test_a_range_of_a_long_parquet_file_is_read_by_its_groups(tmp_path, kit, monkeypatch):
    """Rows at, before and after the border of two groups, against the whole file."""
    times = kit.start + np.arange(3 * GROUP_ROWS) * MINUTE
    prices = np.arange(1.0, len(times) + 1.0)
    directory = canonical(tmp_path, kit, times, prices)
    asked = []
    import pyarrow.parquet as pq

    whole = pq.ParquetFile.read_row_groups
    monkeypatch.setattr(
        pq.ParquetFile,
        "read_row_groups",
        lambda self, groups, *rest, **named: (
            asked.append(groups) or whole(self, groups, *rest, **named)
        ),
    )
    for low, high, groups in (
        (GROUP_ROWS - 3, GROUP_ROWS - 1, [0]),
        (GROUP_ROWS, GROUP_ROWS + 5, [0, 1]),
        (GROUP_ROWS + 2, 2 * GROUP_ROWS - 1, [1]),
        (2 * GROUP_ROWS + 7, 3 * GROUP_ROWS - 1, [2]),
    ):
        asked.clear()

        series = open_store(directory).read("spot/binance/BTCUSDT@1m", (times[low], times[high]))

        assert np.array_equal(series.times, times[low - 2 : high + 1])
        assert np.array_equal(series.fields["open"], prices[low - 2 : high + 1])
        assert series.lines[[0, -1]].tolist() == [low - 1, high + 1]
        assert asked == [groups]


def canonical(root, kit, times, prices):
    from dataclasses import replace

    from basis_lab.data.catalogue import CATALOGUE, file_sha256, render_catalogue

    store = kit.Store().put("spot/binance/BTCUSDT@1m", times, open=prices)
    info = store.info("spot/binance/BTCUSDT@1m")
    file = f"{info.id}.parquet"
    write_columns(root / file, times, {"open": prices})
    info = replace(info, file=file, sha256=file_sha256(root / file))
    (root / CATALOGUE).write_text(render_catalogue([info], {}))
    return root
