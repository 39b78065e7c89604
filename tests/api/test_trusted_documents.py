"""Documents of one's own front ends: asked for by their ids, whatever they ask for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import orjson
import pytest

from api.graphql import schema
from api.http import GraphQLHTTP
from api.process import operations
from api.settings import Settings, SettingsError
from schema.documents import RequestErrors
from schema.limits import Limits
from schema.operations import BadRequest, Operations, parse_request
from tests.api import toy

LARGE = "{ " + " ".join(f"a{n}: __typename" for n in range(Limits().aliases + 1)) + " }"


def id_of(document: str) -> str:
    return hashlib.sha256(document.encode()).hexdigest()


def written(folder: Path, documents: object) -> Settings:
    path = folder / "documents.json"
    path.write_bytes(orjson.dumps(documents))
    return Settings(data_folder=folder, trusted_documents=path)


async def test_a_trusted_document_is_asked_for_by_its_id_and_is_not_limited(tmp_path: Path) -> None:
    trusting = operations(written(tmp_path, {id_of(LARGE): LARGE}))
    request = parse_request({"documentId": f"sha256:{id_of(LARGE)}"}, trusting.documents)

    result = await trusting.execute(request, None)

    assert request.query == LARGE
    assert set(result["data"].values()) == {"Query"}
    assert await trusting.execute(parse_request({"query": LARGE}, {}), None) == result


async def test_what_is_not_trusted_stays_limited(tmp_path: Path) -> None:
    trusting = operations(written(tmp_path, {id_of(LARGE): LARGE}))

    with pytest.raises(RequestErrors, match="too much"):
        await trusting.execute(parse_request({"query": f"{LARGE} "}, trusting.documents), None)


@pytest.mark.parametrize("id", ["sha256:0", id_of(LARGE), 5, ["sha256:0"]])
def test_an_unknown_id_is_refused_with_what_would_help(tmp_path: Path, id: object) -> None:
    trusting = operations(written(tmp_path, {id_of(LARGE): LARGE}))

    with pytest.raises(BadRequest, match="send the document itself"):
        parse_request({"documentId": id}, trusting.documents)


def test_without_the_setting_there_is_none() -> None:
    assert Operations(schema, Limits()).documents == {}


@pytest.mark.parametrize(
    ("documents", "sentence"),
    [
        ([LARGE], "one JSON object"),
        ({id_of(LARGE): 5}, "one JSON object"),
        ({"0": LARGE}, "0 is not the SHA-256"),
        ({id_of("{ nothing }"): "{ nothing }"}, "Cannot query field 'nothing'"),
        ({id_of("{"): "{"}, "Syntax Error"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    tmp_path: Path, documents: object, sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence) as refusal:
        operations(written(tmp_path, documents))

    assert "documents.json" in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="FileNotFoundError"):
        operations(Settings(trusted_documents=tmp_path / "documents.json"))


async def test_it_is_asked_for_over_http() -> None:
    document = "query ($name: String!) { hello(name: $name) }"
    payload = {"documentId": f"sha256:{id_of(document)}", "variables": {"name": "you"}}
    trusting = Operations(toy.schema, Limits(), trusted=[document])
    endpoint = GraphQLHTTP(toy.without_topics(trusting), toy.get_context, Limits())
    async with toy.connect(endpoint) as client:
        response = await client.post("/graphql", json=payload)
        unknown = await client.post("/graphql", json=payload | {"documentId": "sha256:0"})

    assert response.json() == {"data": {"hello": "Hello, you!"}}
    assert unknown.status_code == 400
