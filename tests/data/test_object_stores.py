"""Data in object stores: real clients against loopback servers that speak the stores' protocols."""

import filecmp
import json
import threading
import urllib.request
from urllib.parse import quote

import boto3
import fsspec
import numpy as np
import pytest
from gcp_storage_emulator.server import create_server
from moto.server import ThreadedMotoServer

import basis_lab as bl
from basis_lab.cli import main
from basis_lab.data.catalogue import open_store, sample_directory
from basis_lab.data.places import RemotePath, place_of
from basis_lab.errors import BadDataError, MissingDataError, UsageError

BUCKET = "market"
DATES = {"start": "2024-06-01", "end": "2024-06-08"}
NEEDED = ("aave/ethereum/USDT", "gas", "oracle/aave/USDTUSD", "BTCUSDT")


class Bucket:
    """A bucket of a loopback server, and how objects are put into it."""

    def __init__(self, url, put):
        self.url = url
        self._put = put

    def upload(self, directory, prefix, names=None):
        for path in sorted(directory.rglob("*")):
            if path.is_file() and (names is None or any(x in str(path) for x in names)):
                self._put(f"{prefix}/{path.relative_to(directory).as_posix()}", path.read_bytes())
        return f"{self.url}/{prefix}"

    def put(self, name, content):
        self._put(name, content)


def request(method, url, content=None, kind="application/octet-stream"):
    sent = urllib.request.Request(url, data=content, method=method)  # noqa: S310 - loopback
    sent.add_header("Content-Type", kind)
    with urllib.request.urlopen(sent, timeout=10) as answer:  # noqa: S310 - loopback
        return answer.read()


@pytest.fixture(scope="module")
def s3_server():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def gs_server():
    server = create_server("127.0.0.1", 0, in_memory=True)
    server.start()
    host, port = server._api._httpd.socket.getsockname()  # noqa: SLF001 - it tells its port nowhere else
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server, monkeypatch):
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    yield Bucket(
        f"s3://{BUCKET}",
        lambda name, content: client.put_object(Bucket=BUCKET, Key=name, Body=content),
    )
    client.close()


@pytest.fixture
def gs(gs_server, monkeypatch):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gs_server)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "test")
    made = json.loads(request("GET", f"{gs_server}/storage/v1/b?project=test"))
    if not made.get("items"):
        body = json.dumps({"name": BUCKET}).encode()
        request("POST", f"{gs_server}/storage/v1/b?project=test", body, "application/json")
    upload = f"{gs_server}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name="
    return Bucket(
        f"gs://{BUCKET}",
        lambda name, content: request("POST", f"{upload}{quote(name, safe='')}", content),
    )


@pytest.fixture(params=["s3", "gs"])
def bucket(request):
    return request.getfixturevalue(request.param)


def test_a_run_from_an_object_store_writes_the_same_bytes(bucket, tmp_path):
    url = bucket.upload(sample_directory(), "sample", (*NEEDED, "catalogue.json"))
    words = ["backtest", "btc_basis", "--quiet", "--no-plots"]
    words += ["--start", DATES["start"], "--end", DATES["end"]]

    assert main([*words, "--out", str(tmp_path / "disk")]) == 0
    assert main([*words, "--data-dir", url, "--out", str(tmp_path / "cloud")]) == 0

    (ours,) = (tmp_path / "disk").iterdir()
    names = sorted(x.name for x in ours.iterdir() if x.name != "manifest.json")
    same = tmp_path / "cloud" / ours.name
    assert filecmp.cmpfiles(ours, same, names, shallow=False) == (names, [], [])
    assert json.loads((same / "manifest.json").read_text())["data_dir"] == url


def write_raw(directory):
    directory.mkdir()
    times = np.datetime64("2024-06-01", "s") + np.arange(48) * np.timedelta64(1, "h")
    prices = 100.0 + np.sin(np.arange(48))
    rows = [f"{t}Z,{p},{p + 1},{p - 1},{p}" for t, p in zip(times, prices, strict=True)]
    text = "\n".join(["timestamp,open,high,low,close", *rows, ""])
    (directory / "binance_BTCUSDT_spot_1h.csv").write_text(text)
    (directory / "bad").mkdir()
    (directory / "bad" / "binance_ETHUSDT_spot_1h.csv").write_text(text.replace("100.0", "-1.0"))
    return directory


def test_raw_files_in_an_object_store_are_read_as_on_a_disk(bucket, tmp_path):
    directory = write_raw(tmp_path / "raw")
    url = bucket.upload(directory, "raw")

    cloud, disk = open_store(url), open_store(directory)

    assert cloud.ids() == disk.ids()
    assert cloud.datasets() == disk.datasets()
    assert cloud.refused == disk.refused
    name = "spot/binance/BTCUSDT"
    assert np.array_equal(cloud.read(name).fields["open"], disk.read(name).fields["open"])


def test_an_object_that_changed_is_read_anew(bucket, tmp_path):
    directory = write_raw(tmp_path / "raw")
    url = bucket.upload(directory, "changing")
    before = open_store(url).read("spot/binance/BTCUSDT").fields["open"][0]
    path = directory / "binance_BTCUSDT_spot_1h.csv"
    path.write_text(path.read_text().replace(",100.0,", ",100.5,"))

    bucket.upload(directory, "changing")

    assert before == 100.0
    assert open_store(url).read("spot/binance/BTCUSDT").fields["open"][0] == 100.5


def test_list_and_check_work_on_an_object_store(bucket, tmp_path, capsys):
    url = bucket.upload(sample_directory(), "listed", ("gas", "catalogue.json"))

    assert main(["data", "list", "--data-dir", url]) == 0
    assert "gas/ethereum/gas" in capsys.readouterr().out
    raw = bucket.upload(write_raw(tmp_path / "raw"), "checked")
    assert main(["data", "check", "--data-dir", raw]) == 3
    assert "ETHUSDT" in capsys.readouterr().out


def test_a_database_is_written_from_an_object_store(bucket, tmp_path, capsys):
    url = bucket.upload(write_raw(tmp_path / "raw"), "todb")

    assert main(["data", "to-db", "--data-dir", url, "--db", str(tmp_path / "x.duckdb")]) == 0

    store = open_store(tmp_path / "x.duckdb")
    assert store.ids() == ("spot/binance/BTCUSDT",)
    assert "spot/binance/ETHUSDT" in store.refused
    capsys.readouterr()


def test_a_database_beside_an_object_store_is_refused(bucket, capsys):
    assert main(["data", "to-db", "--data-dir", bucket.url + "/x"]) in {2, 3}
    assert main(["backtest", "btc_basis", "--data-mode", "db", "--data-dir", bucket.url]) == 2
    assert "a database is a file on a disk" in capsys.readouterr().err


def test_a_prefix_without_data_is_missing(bucket):
    with pytest.raises(MissingDataError, match="recognised as market data"):
        open_store(f"{bucket.url}/nothing")


def test_a_bucket_that_does_not_exist_is_missing(bucket):
    other = bucket.url.replace(BUCKET, "no-such-bucket")

    with pytest.raises(MissingDataError):
        open_store(f"{other}/sample")


def test_an_object_that_is_not_the_one_of_the_catalogue_is_refused(bucket):
    url = bucket.upload(sample_directory(), "spoiled", ("gas", "catalogue.json"))
    bucket.put("spoiled/gas/ethereum/gas.parquet", b"something else")

    with pytest.raises(BadDataError, match="not the one that the catalogue names"):
        open_store(url).read("gas/ethereum/gas")


def test_an_object_that_is_gone_is_missing(bucket):
    url = bucket.upload(sample_directory(), "gone", ("catalogue.json",))

    with pytest.raises(MissingDataError, match="is gone"):
        open_store(url).read("gas/ethereum/gas")


def test_threads_of_one_process_read_together(bucket):
    url = bucket.upload(sample_directory(), "threads", ("gas", "oracle", "catalogue.json"))
    found = {}

    def read(name):
        found[name] = open_store(url).read(name).info.rows

    threads = [
        threading.Thread(target=read, args=(x,))
        for x in ("gas/ethereum/gas", "oracle/aave/USDTUSD")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert found == {"gas/ethereum/gas": 17_544, "oracle/aave/USDTUSD": 731}


def test_a_store_that_is_not_reached_is_worded(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    fsspec.get_filesystem_class("s3").clear_instance_cache()

    with pytest.raises(MissingDataError, match="does not give its data") as caught:
        open_store("s3://unreached/sample")

    assert caught.value.where.startswith("s3://unreached/sample")


@pytest.mark.parametrize("text", ["ftp://host/data", "s3://", "https://user:secret@host/x"])
def test_other_addresses_are_refused_without_repeating_them(text):
    with pytest.raises(UsageError) as caught:
        place_of(text)

    assert "secret" not in str(caught.value)


def test_the_environment_may_name_an_object_store(s3, monkeypatch):
    url = s3.upload(sample_directory(), "environment", (*NEEDED, "catalogue.json"))
    monkeypatch.setenv("BASIS_DATA_DIR", url)

    run = bl.backtest("btc_basis", **DATES)

    monkeypatch.delenv("BASIS_DATA_DIR")
    assert run.summary == bl.backtest("btc_basis", **DATES).summary


def test_a_remote_path_names_its_parts():
    path = RemotePath("s3://bucket/prefix") / "a" / "b.csv.gz"

    assert str(path) == "s3://bucket/prefix/a/b.csv.gz"
    assert (path.name, path.suffix) == ("b.csv.gz", ".gz")


def test_workers_of_a_sweep_read_the_same_bucket(s3, tmp_path):
    url = s3.upload(sample_directory(), "swept", (*NEEDED, "catalogue.json"))
    plan = {
        "mode": "btc_basis",
        "start": DATES["start"],
        "end": DATES["end"],
        "grid": {"strategy.spot_allocation": [0.5, 0.6]},
    }

    cloud, disk = (
        bl.sweep(plan, data_dir=place, out=tmp_path / name, workers=2)
        for name, place in (("cloud", url), ("disk", None))
    )

    assert set(cloud.table["status"]) == {"completed"}
    assert cloud.table["net_pnl"].tolist() == disk.table["net_pnl"].tolist()
