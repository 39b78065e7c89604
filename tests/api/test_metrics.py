"""What operators can count: by kind and outcome, over all workers, and of nobody in particular."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from domain.database import is_outage
from subscriptions.metrics import DELIVERIES
from tests.api.furnished import furnished
from tests.api.site import site
from tests.chaos.worker import ROOT
from tests.conftest import Server
from tests.world import World


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_operations_are_counted_by_kind_and_outcome(server: Server, tmp_path: Path) -> None:
    name = "concordat_operation_seconds_count"
    before = {
        (kind, outcome): value(name, kind=kind, outcome=outcome)
        for kind, outcome in (("query", "ok"), ("query", "refused"), ("unknown", "refused"))
    }
    async with furnished(server) as made, site(made, tmp_path) as here:
        await here.ask("nurse1", "{ viewer { name } }")
        await here.ask("nurse1", "query ($id: ID!) { node(id: $id) { id } }")
        await here.ask("nurse1", "{ nothing }")
        DELIVERIES.inc(2)
        text = (await here.client.get("/metrics")).text

    after = {key: value(name, kind=key[0], outcome=key[1]) for key in before}
    assert {key: after[key] - before[key] for key in before} == dict.fromkeys(before, 1.0)
    assert f"\nconcordat_deliveries_total {value('concordat_deliveries_total')}\n" in text
    assert 'concordat_lag_seconds_bucket{le="0.05"}' in text


async def test_statements_are_timed_by_their_verb_alone(world: World) -> None:
    name = "concordat_statement_seconds_count"
    before = [value(name, verb="SELECT"), value(name, verb="OTHER")]
    async with world.database.session() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("SELECT 'a secret of somebody'")
        with pytest.raises(Exception, match="division by zero") as failure:
            await connection.exec_driver_sql("  select 1 / 0")
    async with world.database.session() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("SHOW timezone")

    assert not is_outage(failure.value)
    after = [value(name, verb="SELECT"), value(name, verb="OTHER")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [2.0, 1.0]


WORKER = """
import sys
from subscriptions.metrics import DELIVERIES, SOCKETS
DELIVERIES.inc(5)
SOCKETS.labels("websocket").inc(3)
print("counted", flush=True)
sys.stdin.read()
"""
READ = """
import os, sys
from pathlib import Path
from api.metrics import FOLDER, forget, written_by_all
if len(sys.argv) > 1:
    forget(int(sys.argv[1]), Path(os.environ[FOLDER]))
print(written_by_all().decode())
"""


def test_workers_are_added_up_and_the_gauges_of_a_dead_one_vanish(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    def read(*words: str) -> dict[str, float]:
        done = subprocess.run(
            [sys.executable, "-c", READ, *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return {
            sample.name: sample.value
            for family in text_string_to_metric_families(done.stdout)
            for sample in family.samples
            if sample.name in {"concordat_deliveries_total", "concordat_sockets"}
        }

    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for each in workers:
        assert each.stdout
        assert each.stdout.readline() == b"counted\n"
    both = read()
    for each in workers:
        each.kill()
        each.communicate()
    one_dead = read(str(workers[0].pid))

    assert both == {"concordat_deliveries_total": 10.0, "concordat_sockets": 6.0}
    assert one_dead == {"concordat_deliveries_total": 10.0, "concordat_sockets": 3.0}
