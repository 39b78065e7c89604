"""Spans of a real process, as a collector gets them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from api import auth
from api.settings import Settings
from tests.api.inputs import document
from tests.chaos.scale import PATIENCE
from tests.chaos.worker import environment, worker
from tests.conftest import Server
from tests.world import World

CANARY = "canary-4711"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


class Collector(ThreadingHTTPServer):
    """Takes OTLP over HTTP, and keeps the spans."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.spans: list[Span] = []
        self.url = f"http://127.0.0.1:{self.server_port}/v1/traces"


class _Receiver(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        sent = ExportTraceServiceRequest.FromString(self.rfile.read(length))
        for resource in sent.resource_spans:
            for scope in resource.scope_spans:
                self.server.spans += scope.spans
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def collector() -> Iterator[Collector]:
    with Collector() as receiver:
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join()


def attributes(span: Span) -> dict[str, str]:
    return {each.key: each.value.string_value for each in span.attributes}


async def test_a_mutation_is_traced_from_the_request_down_to_its_statements(
    server: Server, database_name: str, world: World, tmp_path: Path
) -> None:
    tokens = auth.tokens(Settings(data_folder=tmp_path))
    token = tokens.sign(world.people["nurse1"], timedelta(hours=1))
    words = {
        "topicId": world.id("Engagement", world.engagement),
        "subjectId": world.id("Section", world.sections[0]),
        "body": CANARY,
        "idempotencyKey": CANARY,
    }
    with collector() as receiver:
        address = server.server.url("concordat_app", database_name)
        with worker(environment(address, tmp_path, TRACES_URL=receiver.url)) as process:
            await process.ready()
            async with httpx.AsyncClient(timeout=PATIENCE) as client:
                answer = await client.post(
                    process.url,
                    json={"query": document("openThread"), "variables": {"input": words}},
                    headers={
                        "authorization": f"Bearer {token}",
                        "traceparent": f"00-{TRACE}-{PARENT}-01",
                    },
                )
            assert answer.json()["data"]["openThread"]["__typename"] == "OpenThreadPayload"
            process.terminate()
            assert await process.wait() == 0
            assert "Traceback" not in process.log
        spans = {span.span_id: span for span in receiver.spans if span.trace_id.hex() == TRACE}

    [mutation] = [span for span in spans.values() if span.name.startswith("mutation")]
    [commit] = [span for span in spans.values() if span.name == "commit"]
    assert mutation.parent_span_id.hex() == PARENT
    assert len(attributes(mutation)["graphql.document.hash"]) == 64
    assert spans[commit.parent_span_id] is mutation
    stored = [
        span
        for span in spans.values()
        if span.name == "WITH" and "INSERT INTO events" in attributes(span)["db.query.text"]
    ]
    assert [spans[span.parent_span_id] for span in stored] == [commit]
    assert not any(CANARY in str(span) for span in spans.values())
    assert not any("'PUBLIC'" in str(span) for span in spans.values())


async def test_a_collector_that_is_away_costs_no_answer_and_no_long_end(
    server: Server, database_name: str, tmp_path: Path
) -> None:
    address = server.server.url("concordat_app", database_name)
    nowhere = "http://127.0.0.1:1/v1/traces"
    with worker(environment(address, tmp_path, TRACES_URL=nowhere)) as process:
        await process.ready()
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            answer = await client.post(process.url, json={"query": "{ __typename }"})
        assert answer.json() == {"data": {"__typename": "Query"}}
        process.terminate()
        async with asyncio.timeout(15):
            assert await process.wait() == 0
        assert "Traceback" not in process.log
