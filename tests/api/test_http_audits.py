"""What others wrote to check servers: the audits of graphql-http, and the client graphql-sse."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from api.http import GraphQLHTTP
from schema.limits import Limits
from schema.operations import Operations
from tests import tools
from tests.api.toy import schema, without_topics

AUDITS = Path(__file__).parent / "audits"


async def no_context(_: Request) -> None:
    return None


@pytest.fixture
async def url() -> AsyncIterator[str]:
    endpoint = GraphQLHTTP(without_topics(Operations(schema, Limits())), no_context, Limits())
    app = Starlette(routes=[Route("/graphql", endpoint)])
    config = uvicorn.Config(app, port=0, log_level="warning", lifespan="off", ws="none")
    listener = config.bind_socket()
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
    server.should_exit = True
    await serving


async def node(script: str, *arguments: str) -> Any:
    """Run a script of the audits, and decode what it prints."""
    tools.require(
        present=shutil.which("node") and (AUDITS / "node_modules").exists(),
        reason="needs node, and `npm ci` in tests/api/audits",
    )
    process = await asyncio.create_subprocess_exec(
        "node", script, *arguments, cwd=AUDITS, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(output)


async def test_all_audits_of_graphql_http_pass(url: str) -> None:
    results = await node("audits.mjs", url)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61


async def test_the_client_graphql_sse_understands_the_stream(url: str) -> None:
    results = await node("subscribe.mjs", url, "subscription { ticks(to: 2) { number } }")
    assert results == [{"data": {"ticks": {"number": number}}} for number in (1, 2)]
