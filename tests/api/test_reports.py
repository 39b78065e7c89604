"""Reports as files and by their address: the same document in three forms, sealed and checkable."""

from __future__ import annotations

import asyncio
import csv
import io
import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey
from sqlalchemy import text, update

from api.__main__ import main
from api.keys import local_key
from api.reports.document import export
from api.reports.forms import FORMS
from api.reports.notary import Notary
from api.reports.notary import notary as for_settings
from api.reports.tables import cell
from api.reports.verify import checks, problems
from api.settings import Settings, SettingsError
from domain import retention
from domain.commands.seals import seal, seal_closed
from domain.consensus.choices import BallotKind
from domain.consensus.rounds import RoundPlan
from domain.errors import NotAllowed, NotFound
from domain.evidence import canonical
from domain.lifecycle import BallotTransition, EngagementState
from domain.models.ballots import BallotSecrecy, BallotVisibility
from domain.models.engagements import Engagement
from domain.permissions import ANYONE, Audience, Role, Viewer
from schema.nodes import parse
from tests.api.furnished import furnished
from tests.api.site import Site, site
from tests.ballots import VOTERS, advance, close, next_round, opened, vote
from tests.conftest import Server
from tests.organisations import asked, give, organised
from tests.world import World

OPERATOR = Viewer(grants={None: frozenset({Role.ADMIN})})
TAMPERINGS = 1_000


@pytest.fixture
def notary(tmp_path: Path) -> Notary:
    return Notary(local_key(tmp_path / "evidence-key.json"))


@pytest.fixture
async def exercise(world: World) -> World:
    """Have a closed, a blind and an open ballot, of different kinds."""
    rated = await opened(world, BallotKind.RATING, BallotVisibility.AFTER_CLOSE)
    for number, name in enumerate(("nurse1", "nurse2", "nurse3", "pharmacist1"), 6):
        await vote(world, name, rated, str(number))
    await close(world, rated)
    positions = await opened(world, BallotKind.POSITIONS, question="=1+1 <b>bold</b> & so on?")
    await vote(world, "nurse1", positions, "DISCUSS", "Because.")
    await vote(world, "nurse1", positions, "YES")
    await close(world, positions)
    blind = await opened(world, visibility=BallotVisibility.AFTER_CLOSE)
    await vote(world, "nurse2", blind, "AGREE", "canary of a blind vote")
    await vote(world, "nurse2", await opened(world), "DISAGREE", "Because.")
    return world


async def exported(world: World, notary: Notary, viewer: Viewer = OPERATOR) -> dict[str, Any]:
    document = await export(world.database, viewer, notary, world.engagement)
    return dict(orjson.loads(orjson.dumps(document)))


async def test_a_report_holds_and_stays_the_same_while_nothing_happens(
    exercise: World, notary: Notary
) -> None:
    first = await exported(exercise, notary)
    again = await exported(exercise, notary)
    await vote(exercise, "nurse3", await opened(exercise), "AGREE")
    later = await exported(exercise, notary)

    assert problems(first) == problems(later) == []
    assert first == again != later
    assert [item["status"] for item in first["items"]][2:] == ["WITHHELD", "NOT_ENOUGH_VOTES"]
    assert first["items"][2]["groups"] == []
    assert "canary" not in str(first)
    assert "Because" not in str(first)
    assert len(later["evidence"]["chains"][0]["seals"]) == 2


async def test_rounds_are_told_and_compared_with_the_log(world: World, notary: Notary) -> None:
    ballot = await opened(
        world,
        visibility=BallotVisibility.AFTER_CLOSE,
        round_plan=RoundPlan(most_rounds=3),
    )
    for name in ("nurse1", "nurse2", "pharmacist1"):
        await vote(world, name, ballot, "AGREE")
    await next_round(world, ballot, question="Shall it be so, then?")
    during = await exported(world, notary)
    for name, choice in (("nurse1", "AGREE"), ("nurse2", "DISAGREE"), ("pharmacist1", "AGREE")):
        await vote(world, name, ballot, choice)
    await advance(world, ballot, BallotTransition.CLOSE_ROUND)
    await advance(world, ballot, BallotTransition.DROP, "It is out of scope.")
    after = await exported(world, notary)

    assert problems(during) == problems(after) == []
    assert [round_["status"] is None for round_ in during["items"][0]["rounds"]] == [False, True]
    [item] = after["items"]
    assert (item["state"], item["state_reason"]) == ("DROPPED", "It is out of scope.")
    first, second = item["rounds"]
    assert (first["disposition"], first["disposition_reason"]) == ("REWORDED", "Think again.")
    assert first["groups"][0]["counts"] == [3, 0, 0]
    assert second["groups"][0]["counts"] == item["groups"][0]["counts"] == [2, 1, 0]
    assert (second["stability"]["kept"], second["stability"]["of"]) == (2, 3)
    page = FORMS["html"].write(after).decode()
    assert "From round 1 to 2, 2 of 3 people kept their answer" in page
    assert "<td>Reworded</td><td>Think again.</td>" in page
    table = list(csv.DictReader(io.StringIO(FORMS["csv"].write(after).decode())))
    agreed = {"measure": "count", "choice": "AGREE", "constituency": "Everyone"}
    assert [
        (row["part"], row["round"], row["value"]) for row in table if row.items() >= agreed.items()
    ] == [("item", "", "2"), ("round", "1", "3"), ("round", "2", "2")]

    forged = deepcopy(after)
    forged["items"][0]["rounds"][0]["groups"][0]["counts"][0] = 2
    assert "round 1 of ballot" in "\n".join(problems(forged))


async def test_who_may_not_read_a_report_gets_none(exercise: World, notary: Notary) -> None:
    with pytest.raises(NotAllowed, match="until it is closed"):
        await export(exercise.database, ANYONE, notary, exercise.engagement)
    with pytest.raises(NotFound, match="no engagement exercise"):
        await export(exercise.database, OPERATOR, notary, exercise.specification)


async def test_logs_of_closed_ballots_are_sealed_once(exercise: World, notary: Notary) -> None:
    sealed = [await seal_closed(exercise.database, notary.sign) for _ in range(2)]
    document = await exported(exercise, notary)

    assert sealed == [3, 0]
    assert problems(document) == []


async def test_what_is_sealed_is_neither_signed_nor_written_again(
    exercise: World, notary: Notary
) -> None:
    signed = []

    def sign(statement: Mapping[str, Any]) -> str:
        signed.append(statement)
        return notary.sign(statement)

    ends = {(exercise.engagement, reader): 3 for reader in (Audience.MEMBERS, Audience.MODERATORS)}
    for _ in range(2):
        await seal(exercise.database, ends, sign)

    assert len(signed) == 2


async def test_a_chain_outlives_the_events_that_were_forgotten(
    server: Server, exercise: World, notary: Notary, database_name: str
) -> None:
    before = await exported(exercise, notary)
    async with exercise.database.session() as session:
        moment = (await session.execute(text("SELECT max(at) FROM events"))).scalar_one()
    await retention.forget(server.server.url("postgres", database_name), moment)
    await vote(exercise, "nurse3", await opened(exercise), "AGREE")
    after = await exported(exercise, notary)

    assert problems(after) == []
    [was], [now] = before["evidence"]["chains"], after["evidence"]["chains"]
    digests = [entry["digest"] for entry in was["entries"]]
    assert [entry["digest"] for entry in now["entries"]][: len(digests)] == digests
    assert "erased" in now["entries"][0]
    assert "fact" not in now["entries"][0]


async def test_what_was_forgotten_before_it_was_sealed_is_no_tampering(
    server: Server, exercise: World, notary: Notary, database_name: str
) -> None:
    async with exercise.database.session() as session:
        moment = (await session.execute(text("SELECT max(at) FROM events"))).scalar_one()
    await retention.forget(server.server.url("postgres", database_name), moment)
    document = await exported(exercise, notary)

    [chain] = document["evidence"]["chains"]
    assert [entry["sequence"] for entry in chain["entries"]] == [chain["end"]]
    assert problems(document) == []


def test_a_key_that_cannot_be_used_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "evidence-key.json").write_text("{}")

    with pytest.raises(SettingsError, match="can be neither read nor made"):
        for_settings(Settings(data_folder=tmp_path))


async def test_figures_that_the_log_does_not_have_are_named_even_where_they_are_signed(
    exercise: World, notary: Notary
) -> None:
    document = await exported(exercise, notary)

    def resigned(change: Callable[[dict[str, Any]], object]) -> str:
        forged = deepcopy(document)
        change(forged)
        del forged["signature"]
        digest = sha256(canonical(forged)).hexdigest()
        return "\n".join(problems({**forged, "signature": notary.sign({"sha256": digest})}))

    def entries(forged: dict[str, Any]) -> list[dict[str, Any]]:
        return list(forged["evidence"]["chains"][0]["entries"])

    [shown, *_] = [n for n, each in enumerate(entries(document)) if "fact" in each]
    assert resigned(lambda _: None) == ""
    assert "the report says 5 for voted, the log 3" in resigned(
        lambda forged: forged["items"][0]["groups"][1].update(voted=5)
    )
    assert "missing from the report" in resigned(lambda forged: forged["items"].pop(0))
    assert "is missing from the report" in resigned(lambda forged: forged["items"].pop(1))
    assert "does not lead to the head" in resigned(
        lambda forged: forged["evidence"]["chains"][0]["entries"].pop(0)
    )
    assert "ends at event" in resigned(
        lambda forged: forged["evidence"]["chains"][0]["entries"].pop()
    )
    assert "not what was committed to" in resigned(
        lambda forged: entries(forged)[shown]["fact"].update(kind="ELECTOR_ADDED")
    )


def signed_anew(document: dict[str, Any], notary: Notary) -> dict[str, Any]:
    """Return a document as whoever has the key would sign it, without any log that tells more."""
    forged = {name: value for name, value in document.items() if name != "signature"}
    forged["evidence"]["chains"] = []
    digest = sha256(canonical(forged)).hexdigest()
    return {**forged, "signature": notary.sign({"sha256": digest})}


async def of_every_kind(world: World) -> None:
    """Hold a ballot of every kind, in one of which an objection is open."""
    for kind, vote_ in (
        (BallotKind.POSITIONS, "YES"),
        (BallotKind.RATING, "8"),
        (BallotKind.SENSE_CHECK, "AGREE"),
        (BallotKind.CONSENT, "CONSENT"),
    ):
        ballot = await opened(world, kind)
        for name in VOTERS[:-1]:
            await vote(world, name, ballot, vote_)
        if kind is BallotKind.CONSENT:
            await vote(world, VOTERS[-1], ballot, "OBJECT", "It hurts.")
        await close(world, ballot)
    for kind in (BallotKind.MULTIPLE_CHOICE, BallotKind.RANKING):
        ballot = await opened(world, kind)
        for name in VOTERS:
            await vote(world, name, ballot, options=(1, 2))
        await close(world, ballot)
    rounds = await opened(world, round_plan=RoundPlan(most_rounds=2, stops_on_consensus=True))
    await vote(world, "nurse1", rounds, "AGREE")
    await next_round(world, rounds)
    await vote(world, "nurse1", rounds, "AGREE")


async def test_what_ballots_of_every_kind_came_to_follows_from_what_the_report_says(
    world: World, notary: Notary
) -> None:
    await of_every_kind(world)
    async with world.database.session() as session:
        await session.execute(update(Engagement).values(state=EngagementState.CLOSED))
        await session.commit()
    told, public = [await exported(world, notary, viewer) for viewer in (OPERATOR, ANYONE)]

    assert problems(told) == problems(public) == []
    assert checks(told)[2:] == [
        "of 14 results of ballots and rounds, 7 against the log of their end",
        "of 14 results, 14 by their counts under their rule, computed anew",
    ]
    assert "of 6 results" in checks(public)[3]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("status",), "CONSENSUS", "status would be"),
        (("reasons",), [], "reasons would be"),
        (("turnout", "voted"), 7, "turnout would be"),
        (("groups", 0, "in_favour"), 9, "in favour would be 8; the report says 9"),
        (("groups", 0, "counts", 0), 7, "counts would be"),
        (("groups", 1, "counts", 0), 2, "Everyone: by the counts and the rule, counts would be"),
        (("groups", 1, "eligible"), 1, "cannot have come about: Nurses: 3 votes of 1 people"),
        (("groups", 1, "counts"), [3], "cannot have come about"),
        (("groups", 1, "status"), "NO_CONSENSUS", "status would be"),
        (("groups", 0, "constituency"), "x", "by the counts and the rule"),
        (("rule", "threshold_percent"), 99, "does not have the hash"),
        (("rule", "name"), "majority", "cannot have come about: The rule majority has"),
        (("rule_hash",), "0" * 64, "does not have the hash"),
    ],
)
async def test_a_result_that_contradicts_itself_is_found_without_the_log(
    world: World, notary: Notary, path: tuple[Any, ...], value: Any, said: str
) -> None:
    ballot = await opened(world)
    for name in VOTERS[:-1]:
        await vote(world, name, ballot, "AGREE")
    await vote(world, VOTERS[-1], ballot, "DISAGREE", "It hurts.")
    await close(world, ballot)
    document = await exported(world, notary)
    *above, last = path
    place: Any = document["items"][0]
    for key in above:
        place = place[key]
    place[last] = value

    assert said in "\n".join(problems(signed_anew(document, notary)))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of everything in a document, containers included."""
    yield path
    children = dict(enumerate(value)) if isinstance(value, list) else value
    for key, child in children.items() if isinstance(children, dict) else ():
        yield from leaves(child, (*path, key))


def tamper(document: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a copy in which one thing is changed, removed, repeated, swapped or cut off."""
    forged = deepcopy(document)
    path = chance.choice([each for each in leaves(document) if each])
    parent: Any = forged
    for key in path[:-1]:
        parent = parent[key]
    value = parent[path[-1]]
    match value:
        case bool() | None:
            parent[path[-1]] = 7
        case int() | float():
            parent[path[-1]] = value + chance.choice([-1, 1, 10])
        case str() if value and chance.random() < 0.5:
            place = chance.randrange(len(value))
            parent[path[-1]] = value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
        case list() if len(value) > 1 and chance.random() < 0.7:
            one, other = chance.sample(range(len(value)), 2)
            value[one], value[other] = value[other], value[one]
            if value == document_at(document, path):
                del value[one:]
        case _:
            del parent[path[-1]]
    return forged


def document_at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


async def test_every_tampering_is_found(exercise: World, notary: Notary) -> None:
    document = await exported(exercise, notary)
    chance = random.Random(2026)  # noqa: S311 - to be repeatable
    key = OKPKey.import_key(notary.public)
    missed = 0
    for _ in range(TAMPERINGS):
        forged = tamper(document, chance)
        assert forged != document
        missed += not problems(forged) or not problems(forged, key)

    assert missed == 0


async def test_another_key_is_found_out(exercise: World, notary: Notary, tmp_path: Path) -> None:
    document = await exported(exercise, notary)
    other = local_key(tmp_path / "other.json")

    assert "is not by this key" in problems(document, other)[0]


async def test_the_forms_tell_the_same_and_no_cell_is_a_formula(
    exercise: World, notary: Notary
) -> None:
    document = await exported(exercise, notary)
    table = list(csv.DictReader(io.StringIO(FORMS["csv"].write(document).decode())))
    page = FORMS["html"].write(document).decode()

    counted = [
        row
        for row in table
        if (row["part"], row["measure"], row["choice"]) == ("item", "count", "6")
    ]
    assert [(row["constituency"], row["value"]) for row in counted] == [
        ("Everyone", "1"),
        ("Nurses", "1"),
        ("Pharmacists", "0"),
        ("Physiotherapists", "0"),
    ]
    assert {row["question"][:2] for row in table if row["question"].startswith(("=", "'"))} == {
        "'="
    }
    assert "<b>bold" not in page
    assert "=1+1 &lt;b&gt;bold&lt;/b&gt; &amp; so on?" in page
    assert ">Withheld<" in page
    assert "<script" not in page
    assert not re.search(r"""\s(?:href|src|style|on\w+)=""", page)
    charts = re.findall(r'<svg class="chart".*?</svg>', page)
    assert len(charts) == 4  # participation, and the three ballots of which anything is told
    for chart in charts:
        assert ET.fromstring(chart).get("aria-label")  # noqa: S314 - our own


async def test_options_are_told_by_their_texts_and_objections_by_their_number(
    world: World, notary: Notary
) -> None:
    options = ["Tea & <i>milk</i>", "Coffee"]
    several = await opened(world, BallotKind.MULTIPLE_CHOICE, options=options)
    await vote(world, "nurse1", several, options=(1, 2))
    await vote(world, "nurse2", several, options=(2,))
    order = await opened(world, BallotKind.RANKING, options=options)
    await vote(world, "nurse1", order, options=(2, 1))
    consent = await opened(world, BallotKind.CONSENT)
    await vote(world, "nurse1", consent, "OBJECT", "It does harm.", safety=True)
    document = await exported(world, notary)
    rows = list(csv.DictReader(io.StringIO(FORMS["csv"].write(document).decode())))
    page = FORMS["html"].write(document).decode()

    assert problems(document) == []
    approved, ranked, objected = document["items"]
    assert (approved["choices"], approved["groups"][0]["counts"]) == (options, [1, 2])
    preferences = dict(zip(ranked["choices"], ranked["groups"][0]["counts"], strict=True))
    assert preferences[f"Coffee rather than {options[0]}"] == 1
    assert preferences[f"{options[0]} rather than Coffee"] == 0
    assert objected["open_objections"] == {"raised": 1, "qualified": 0, "safety": 1}
    assert {row["choice"] for row in rows if row["measure"] == "count"} >= set(options)
    assert "Tea &amp; &lt;i&gt;milk&lt;/i&gt;" in page
    assert "Objections that are open: 1, of which about safety: 1." in page
    assert page.count('<svg class="chart"') == 2  # participation, and the one of single choices


async def test_official_positions_are_reported_with_how_many_views_they_consolidate(
    world: World, notary: Notary
) -> None:
    await organised(world)
    ballot = await asked(world, smallest_count=2)
    blind = await asked(world, visibility=BallotVisibility.AFTER_CLOSE)
    await opened(world)
    for each in (ballot, blind):
        await give(world, "nurse2", each, rationale="A canary.")
        await vote(world, "nurse1", each, "AGREE")
        await give(world, "nurse3", each, rationale="A canary.")
        await vote(world, "pharmacist1", each, "AGREE")
    document = await exported(world, notary)
    rows = list(csv.DictReader(io.StringIO(FORMS["csv"].write(document).decode())))
    page = FORMS["html"].write(document).decode()

    assert problems(document) == []
    assert [(each["votes_by"], each["consolidated_views"]) for each in document["items"]] == [
        ("ORGANISATIONS", 1),
        ("ORGANISATIONS", None),
        ("PEOPLE", None),
    ]
    assert [row["value"] for row in rows if row["measure"] == "consolidated_views"] == ["1", "", ""]
    assert "official positions of organisations, which consolidate views of members: 1" in page
    assert "Organisations for each choice" in page
    assert "canary" not in str(document)

    await close(world, ballot)
    async with world.database.session() as session:
        await session.execute(update(Engagement).values(state=EngagementState.CLOSED))
        await session.commit()
    public = await exported(world, notary, ANYONE)
    # One view is a small number.
    assert public["items"][0]["consolidated_views"] is None


@pytest.mark.parametrize("viewer", [ANYONE, OPERATOR])
async def test_small_numbers_and_secret_ballots_are_reported_without_what_is_suppressed(
    world: World, notary: Notary, viewer: Viewer
) -> None:
    secret = await opened(world, secrecy=BallotSecrecy.CONFIDENTIAL, smallest_count=2)
    named = await opened(world, smallest_count=2)
    for ballot in (secret, named):
        for name in VOTERS:
            choice = {"nurse1": "PASS", "nurse2": "DISAGREE"}.get(name, "AGREE")
            await vote(world, name, ballot, choice, "A canary.")
        await close(world, ballot)
    async with world.database.session() as session:
        await session.execute(update(Engagement).values(state=EngagementState.CLOSED))
        await session.commit()

    document = await exported(world, notary, viewer)
    page = FORMS["html"].write(document).decode()
    rows = list(csv.DictReader(io.StringIO(FORMS["csv"].write(document).decode())))

    assert problems(document) == []
    assert "canary" not in str(document)
    of_secret, of_named = document["items"]
    assert of_secret["fixed_at"] is None
    told = [of_secret] if viewer is OPERATOR else [of_secret, of_named]
    for item in told:
        assert item["suppressed"] is True
        assert None in item["groups"][0]["counts"]
        assert 1 not in item["groups"][0]["counts"]
    assert "True" in {row["value"] for row in rows if row["measure"] == "suppressed"}
    assert ('aria-label="Distribution' in page) is (viewer is OPERATOR)
    assert "Counts of fewer than 2 people are withheld" in page


@given(st.text())
def test_no_text_begins_a_formula(words: str) -> None:
    assert not str(cell(words)).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.fixture
async def place(server: Server, tmp_path: Path) -> Any:
    async with furnished(server) as made, site(made, tmp_path) as running:
        yield running


async def test_a_report_has_an_address_with_the_same_guard(place: Site) -> None:
    id = place.furnished.ids["engagement"]
    head = {"authorization": place.bearer("moderator")}
    answers = {
        form: await place.client.get(f"/engagements/{id}/report.{form}", headers=head)
        for form in FORMS
    }
    etag = answers["html"].headers["etag"]
    again = await place.client.get(
        f"/engagements/{id}/report.html", headers={**head, "if-none-match": etag}
    )
    key = (await place.client.get("/evidence-key.json")).json()["keys"][0]
    answered = parse(place.furnished.ids["answered"], "id")[1]
    public = await place.client.get(f"/engagements/{answered}/report.json")

    assert {form: answer.status_code for form, answer in answers.items()} == dict.fromkeys(
        FORMS, 200
    )
    assert "default-src 'none'" in answers["html"].headers["content-security-policy"]
    assert (again.status_code, again.content) == (304, b"")
    assert problems(answers["json"].json(), OKPKey.import_key(key)) == []
    assert problems(public.json(), OKPKey.import_key(key)) == []
    assert [each["reason"] for each in public.json()["dispositions"]] == ["There are enough."]
    assert public.json()["evidence"]["chains"][0]["audience"] == "PUBLIC"
    for name, path, status in (
        (None, f"/engagements/{id}/report.json", 403),
        ("nurse1", f"/engagements/{id}/report.csv", 403),
        ("moderator", f"/engagements/{id}/report.pdf", 404),
        ("moderator", "/engagements/nonsense/report.json", 404),
        ("stranger", f"/engagements/{place.furnished.ids['private']}/report.json", 404),
    ):
        headers = {} if name is None else {"authorization": place.bearer(name)}
        refused = await place.client.get(path, headers=headers)
        assert refused.status_code == status, path
        assert refused.json()["message"].endswith(".")
    wrong = await place.client.get(
        f"/engagements/{id}/report.json", headers={"authorization": "Bearer x"}
    )
    assert wrong.status_code == 401


def test_a_report_is_written_and_verified_on_the_command_line(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    address = asyncio.run(_furnished_address(server))
    monkeypatch.setenv("DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", address[0].replace("+asyncpg", ""))
    monkeypatch.setenv("BROADCAST_URL", "memory://")
    report, page = tmp_path / "report.json", tmp_path / "report.html"

    assert main(["report", address[1], "--out", str(report)]) == 0
    assert main(["report", address[1], "--format", "html", "--out", str(page)]) == 0
    assert main(["verify", str(report)]) == 0
    key = tmp_path / "key.json"
    key.write_bytes(orjson.dumps(orjson.loads(report.read_bytes())["evidence"]["key"]))
    assert main(["verify", str(report), "--key", str(key)]) == 0
    assert "Nothing was changed" in capsys.readouterr().out
    report.write_text(report.read_text().replace("Tell us", "Do not tell us"))
    assert main(["verify", str(report)]) == 2
    assert "was changed after it was signed" in capsys.readouterr().err
    assert main(["report", address[1], "--out", str(tmp_path / "no" / "folder")]) == 2
    assert "cannot be written: No such file" in capsys.readouterr().err
    assert page.read_text().startswith("<!doctype html>")


async def _furnished_address(server: Server) -> tuple[str, str]:
    """Copy the furnished world into a database that stays; return its address and the exercise."""
    name = f"report_{uuid4().hex}"
    async with furnished(server) as made:
        async with made.world.database.session() as session:
            origin = (await session.execute(text("SELECT current_database()"))).scalar_one()
        await made.world.database.close()
        await server.statement(f"CREATE DATABASE {name} TEMPLATE {origin} STRATEGY file_copy")
        return server.server.url("concordat_app", name), str(made.world.engagement)
