"""Figures of a year of minutes, and of loading a year from every kind of place."""

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from basis_lab.data.catalogue import open_store
from basis_lab.data.duckdb import write_database
from basis_lab.data.series import DatasetId, DatasetKind
from basis_lab.domain.intervals import SECONDS
from benchmarks.measure import KIB_IN_MB, ROOT, Measure
from benchmarks.minutes import write_directory
from benchmarks.workload import ASSET, END, START, VENUE

SYMBOL = f"{ASSET}USDT"
SPAN = (str(START), str(END + np.timedelta64(3600, "s")))
BUCKET = "bench"
NAMES = {DatasetKind.SPOT: "spot", DatasetKind.PERP: "perp", DatasetKind.MARK: "perp_mark"}
AMBIENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def measure_long_runs() -> Iterator[Measure]:
    """Take the figures of minutes and of loading.

    Yields
    ------
    Measure
        In the order of the table.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        minutes = write_directory(root / "1m", (SYMBOL,), SPAN, "1m")
        yield from _minutes(minutes)
        hours = write_directory(root / "1h", (SYMBOL,), SPAN, "1h")
        for interval, directory in (("1h", hours), ("1m", minutes)):
            yield from _loads(directory, interval)


def _minutes(directory: Path) -> Iterator[Measure]:
    found = json.loads(_python("benchmarks.one_long_run", str(directory)))
    rows = f"{found['rebalances']} rebalances, {found['rows']:,} minutes, 1 venue"
    yield Measure(
        name="loop of a year of minutes, warm",
        figure=found["warm_s"],
        unit="s",
        target=0.2,
        note=f"best of 3; {rows}",
    )
    yield Measure(
        name="the same, first touch of its memory",
        figure=found["first_s"],
        unit="s",
        note="once, in a new process",
    )
    yield Measure(
        name="memory of a process with one run of a year of minutes",
        figure=found["memory_kib"] / KIB_IN_MB,
        unit="MB",
        target=400.0,
        note="largest resident size",
    )
    yield Measure(
        name="minutes against hours on the same prices, held",
        figure=found["disagreement"],
        unit="relative",
        target=1e-12,
        note="largest difference of equity at common hours",
    )


def _loads(directory: Path, interval: str) -> Iterator[Measure]:
    year = {"1h": "a year of hours", "1m": "a year of minutes"}[interval]
    csv = write_csv(directory, directory.with_name(f"csv-{interval}"))
    database = directory.with_name(f"{interval}.duckdb")
    write_database(open_store(directory), database)
    places = {"CSV": str(csv), "Parquet": str(directory), "DuckDB": str(database)}
    for kind, place in places.items():
        yield _load(year, kind, (place, interval), {})
    with object_store(directory) as (url, environment):
        yield _load(year, "an object store", (url, interval), environment)


def _load(year: str, kind: str, words: tuple[str, str], environment: Mapping[str, str]) -> Measure:
    return Measure(
        name=f"load {year} from {kind}",
        figure=float(_python("benchmarks.one_load", *words, environment=environment)),
        unit="s",
        note="once, in a new process, with the imports of its libraries",
    )


def write_csv(directory: Path, target: Path) -> Path:
    """Write the bars and the funding of a directory as raw CSV files.

    Parameters
    ----------
    directory : Path
        A canonical directory.
    target : Path
        The raw directory, made here.

    Returns
    -------
    Path
        The raw directory.
    """
    target.mkdir()
    store = open_store(directory)
    intervals = {length: name for name, length in SECONDS.items()}
    for name in store.ids():
        dataset = DatasetId.parse(name)
        if dataset is None or dataset.venue != VENUE or dataset.symbol != SYMBOL:
            continue
        series = store.read(name)
        fields = dict(series.fields)
        ending = "funding"
        if dataset.kind in NAMES:
            ending = f"{NAMES[dataset.kind]}_{intervals[series.info.interval_s]}"
            fields["close"] = fields["open"]
        cells = [series.times.astype(str).tolist(), *(x.tolist() for x in fields.values())]
        rows = (",".join(map(str, row)) for row in zip(*cells, strict=True))
        names = ["funding_rate"] if ending == "funding" else list(fields)
        text = "\n".join([",".join(["timestamp", *names]), *rows, ""])
        (target / f"{VENUE}_{SYMBOL}_{ending}.csv").write_text(text)
    return target


@contextmanager
def object_store(directory: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Serve a directory from a loopback server that speaks the S3 protocol.

    Parameters
    ----------
    directory : Path
        What is put into a bucket.

    Yields
    ------
    tuple of (str, mapping)
        The address, and the environment in which it is reached.
    """
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {**AMBIENT, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}
    try:
        client = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_DEFAULT_REGION"],
        )
        client.create_bucket(Bucket=BUCKET)
        for path in sorted(x for x in directory.rglob("*") if x.is_file()):
            name = f"{directory.name}/{path.relative_to(directory).as_posix()}"
            client.put_object(Bucket=BUCKET, Key=name, Body=path.read_bytes())
        yield f"s3://{BUCKET}/{directory.name}", environment
    finally:
        server.stop()


def _python(module: str, *words: str, environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - our own interpreter on our own code
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env={**os.environ, **(environment if environment is not None else {})},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
