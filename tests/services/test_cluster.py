"""A sweep on a real Dask cluster, reached by its address, with a worker killed half-way."""

import gc
import json
import os
import signal
from threading import Event
from time import monotonic, sleep

import distributed
import pytest

from basis_lab import open_sweep
from basis_lab.cli.edge import run_command as main
from basis_lab.errors import SchedulerLostError, SweepError
from basis_lab.results.tally import PointTally
from basis_lab.services.cluster import run_on_cluster
from basis_lab.services.plans import make_plan
from basis_lab.services.sweep import SweepRequest, run_sweep

PLAN = {
    "name": "sweep",
    "mode": "btc_basis",
    "start": "2025-01-01",
    "end": "2025-03-31",
    "grid": {
        "strategy.spot_allocation": {"from": 0.5, "to": 0.7, "count": 10},
        "strategy.position_deviation_threshold": [0.04, 0.07, 0.1, 0.9],
    },
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # the cluster's libraries are not ours to mend
]


@pytest.fixture
def cluster():
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=50,
    ) as made:
        yield made


def test_a_cluster_that_loses_a_worker_writes_the_table_of_processes_here(cluster):
    plan = make_plan(PLAN, where="test")
    killed = []

    def kill_one(done, _failed, _resumed, total):
        if done >= total // 2 and not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    there = run_sweep(SweepRequest(plan=plan, scheduler=cluster.scheduler_address, tally=kill_one))
    here = run_sweep(SweepRequest(plan=plan, workers=2))

    assert killed
    assert killed[0] not in {x.pid for x in cluster.workers.values()}
    assert list(there.table.index) == list(range(40))
    assert (there.summary["done"], there.summary["failed"]) == (30, 10)
    assert there.content.equals(here.content)


def test_what_is_answered_is_let_go_of_and_never_computed_again(cluster):
    coming = run_on_cluster(abs, range(-50, 0), address=cluster.scheduler_address, stop=Event())

    answers = [next(coming) for _ in range(40)]
    until = monotonic() + 10.0
    while kept(cluster) > 10 and monotonic() < until:
        sleep(0.05)

    assert kept(cluster) <= 10
    assert {place for place, _ in [*answers, *coming]} == set(range(50))


def closing(cluster, *, after):
    """A tally that closes the cluster once so many points are done."""

    def close(done, *_):
        if done == after and cluster.status is distributed.Status.running:
            cluster.close()

    return close


def test_a_scheduler_that_is_lost_is_told_and_what_was_done_is_kept(cluster, tmp_path, capfd):
    plan = make_plan(PLAN, where="test")
    request = SweepRequest(
        plan=plan,
        scheduler=cluster.scheduler_address,
        out=tmp_path,
        tally=closing(cluster, after=7),
    )

    with pytest.raises(SchedulerLostError) as told:
        run_sweep(request)

    assert "--resume" in told.value.remedy
    assert "Traceback" not in capfd.readouterr().err
    written = open_sweep(tmp_path / "sweeps" / "sweep")
    done = len(written.table)  # what had come along with the seventh counts too
    assert 7 <= done < 40
    assert told.value.what == f"the scheduler was lost; {done} of 40 points are kept"
    assert written.summary["open"] == 40 - done
    assert told.value.details["result"].content.equals(written.content)
    again = run_sweep(SweepRequest(plan=plan, out=tmp_path, resume=True, workers=2))
    assert (again.summary["resumed"], again.summary["open"]) == (done, 0)


def test_the_command_line_tells_a_lost_scheduler_after_what_was_done(
    cluster, tmp_path, monkeypatch, capfd
):
    path = tmp_path / "plan.yaml"
    path.write_text(json.dumps(PLAN))
    monkeypatch.setattr(PointTally, "__call__", staticmethod(closing(cluster, after=3)))
    words = ["sweep", str(path), "--scheduler", cluster.scheduler_address]

    code = main([*words, "--out", str(tmp_path / "out")])

    said = capfd.readouterr()
    assert code == 4
    done = len(open_sweep(tmp_path / "out" / "sweeps" / "sweep").table)
    assert f", {40 - done} open, 0 resumed" in said.out
    assert f"BT-007: the scheduler was lost; {done} of 40 points are kept\n" in said.err
    assert "Traceback" not in said.err
    assert "defect" not in said.err


def kept(cluster):
    """Answers that the cluster holds."""
    return sum(x.state == "memory" for x in list(cluster.scheduler.tasks.values()))


@pytest.mark.parametrize("address", ["nope", "http://x:80", "tcp://127.0.0.1:abc", ""])
def test_an_address_that_is_none_is_refused_and_leaves_no_client(address, capfd):
    coming = run_on_cluster(abs, [1], address=address, stop=Event())

    with pytest.raises(SweepError, match="no Dask scheduler answers") as caught:
        next(coming)

    del caught, coming
    gc.collect()
    assert capfd.readouterr().err == ""


def test_an_address_without_a_scheduler_is_refused(monkeypatch):
    monkeypatch.setattr("basis_lab.services.cluster.CONNECT_S", 1)

    with pytest.raises(SweepError, match="no Dask scheduler answers"):
        run_sweep(SweepRequest(plan=make_plan(PLAN, where="test"), scheduler="tcp://127.0.0.1:9"))


@pytest.mark.parametrize("address", ["tls://127.0.0.1:8786", "wss://127.0.0.1:8786"])
def test_an_encrypted_address_without_certificates_is_refused_and_leaves_no_client(address, capfd):
    coming = run_on_cluster(abs, [1], address=address, stop=Event())

    with pytest.raises(SweepError, match="no certificates") as caught:
        next(coming)

    assert "distributed.comm.tls" in caught.value.remedy
    del caught, coming
    gc.collect()
    assert capfd.readouterr().err == ""
