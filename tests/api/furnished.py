"""The world of the tests with one of everything in it, made through the API alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from api.graphql import schema
from domain.commands.foundation import found
from domain.database import Database, create_engine
from domain.ids import new_id
from domain.lifecycle import SpecificationState
from domain.models.base import Record
from domain.models.people import Membership, Person, ScopeKind
from domain.models.topics import Topic, TopicKind
from domain.permissions import ANYONE, Role, Viewer
from schema.context import Context
from schema.limits import Limits
from schema.nodes import parse
from schema.operations import Operations, Request
from tests.api.delivery import deliver
from tests.api.furnished_priorities import prioritise
from tests.api.inputs import document
from tests.candidates import put, recommend
from tests.conftest import Server
from tests.organisations import join, represent
from tests.world import NOW, World, build

OPERATIONS = Operations(schema, Limits())

HIDDEN_WORDS = "canary words that a moderator hid"
HIDING_REASON = "canary reason of a moderator"
APPEAL = "canary words of an appeal"
FLAG_REASON = "canary reason of a flag"
DISPOSITION = "canary reason of a disposition"
RATIONALE = "canary rationale of the vote that is"
OBJECTION = "canary objection"
VIEW = "canary view of a member"
DRAFT_QUESTION = "canary question of a draft"
FUNDING = "canary funding of an exercise that is open"

HOMES = {
    Role.ADMIN: ScopeKind.BODY,
    Role.SECRETARIAT: ScopeKind.BODY,
    Role.BOARD: ScopeKind.BODY,
    Role.REVIEWER: ScopeKind.BODY,
    Role.PRACTITIONER: ScopeKind.BODY,
    Role.DEVELOPER_LEAD: ScopeKind.SPECIFICATION,
    Role.DEVELOPER: ScopeKind.SPECIFICATION,
    Role.MODERATOR: ScopeKind.ENGAGEMENT,
    Role.ORGANISATION_REPRESENTATIVE: ScopeKind.ENGAGEMENT,
    Role.OBSERVER: ScopeKind.ENGAGEMENT,
    Role.PROVIDER_LEAD: ScopeKind.ORGANISATION,
    Role.PROVIDER_EDITOR: ScopeKind.ORGANISATION,
}

# Every row of every table, as one text for each table: equal texts are equal databases.
ROWS = text(
    " UNION ALL ".join(
        f"SELECT '{table}' AS name, md5(coalesce(string_agg(row::text, '' ORDER BY row::text), ''))"
        f" AS digest FROM {table} AS row"
        for table in sorted(Record.metadata.tables)
        if table != "idempotency_keys"
    )
)
SEQUENCES = text(
    "SELECT sum(public_sequence + members_sequence + moderators_sequence)::bigint FROM topics"
)


async def rows(database: Database) -> dict[str, str]:
    """Return a digest of each table."""
    async with database.session() as session:
        return {row.name: row.digest for row in await session.execute(ROWS)}


async def sequences(database: Database) -> int:
    """Return how many entries all streams have."""
    async with database.session() as session:
        return int((await session.execute(SEQUENCES)).scalar_one())


async def run(
    database: Database, viewer: Viewer, query: str, variables: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Run a query or a mutation as the transports do; return its result, errors included."""
    return await OPERATIONS.execute(Request(query, variables=variables), Context(database, viewer))


# What has to be sent to fields that cannot do without.
ARGUMENTS = {"Ballot.consensusAt": "(sequence: 1)"}


@dataclass(frozen=True)
class Furnished:
    """The world, and the global ids of what was put into it, by a short name."""

    world: World
    ids: dict[str, str]

    async def viewer(self, name: str | None) -> Viewer:
        """Return somebody of the world; None is a visitor."""
        return ANYONE if name is None else await self.world.viewer(name)

    async def change(self, name: str, mutation: str, /, **input: Any) -> str:
        """Run a mutation that must succeed; return the id of what it changed."""
        result = await run(
            self.world.database, await self.viewer(name), document(mutation), {"input": input}
        )
        assert "errors" not in result, result
        changed = dict(result["data"][mutation])
        assert changed.pop("__typename").endswith("Payload"), changed
        (node,) = changed.values()
        return str(node["id"])

    async def read(self, id: str, type_name: str, selection: str) -> str:
        """Return the id of the one node that is selected of another by the secretary."""
        result = await run(
            self.world.database,
            await self.viewer("secretary"),
            f"query ($id: ID!) {{ node(id: $id) {{ ... on {type_name} {{ {selection} }} }} }}",
            {"id": id},
        )
        (found,) = result["data"]["node"].values()
        return str((found[0] if isinstance(found, list) else found)["id"])


async def _announce(made: Furnished) -> None:
    """Add a webinar to the exercise."""
    made.ids["webinar"] = await made.change(
        "moderator",
        "addWebinar",
        engagementId=made.ids["engagement"],
        title="What this is about",
        startsAt="2026-02-01T12:00:00Z",
    )


async def _plan(made: Furnished, outcome: str) -> None:
    """Draft a delivery plan with a module that covers an outcome."""
    world, ids, change = made.world, made.ids, made.change
    ids["organisation"] = world.id("Organisation", world.organisation)
    ids["plan"] = await change(
        "provider",
        "draftDeliveryPlan",
        organisationId=ids["organisation"],
        specificationId=ids["specification"],
        title="A plan",
        summary="In short.",
    )
    ids["module"] = await change(
        "provider",
        "addModule",
        deliveryPlanId=ids["plan"],
        title="One",
        description="",
        hours=10,
        outcomes=[outcome],
        expectedRevision=None,
    )


async def _object(made: Furnished) -> None:
    """Raise objections in ballots that are open, and declare an interest."""
    for who, name in (("nurse2", "live"), ("nurse1", "blind")):
        made.ids[f"{name} objection"] = await made.change(
            who, "raiseObjection", ballotId=made.ids[name], body=f"{OBJECTION} {name}"
        )
    made.ids["interest"] = await made.change(
        "nurse2",
        "declareInterest",
        topicId=made.ids["engagement"],
        subjectId=made.ids["section"],
        body="A friend wrote it.",
        mitigation="NONE",
    )


async def furnish(database: Database) -> Furnished:
    """Build the world and put one of everything into it, in every state that hides something."""
    await found(database, name="Founder", email="founder@example.org")
    made = Furnished(await build(database), {})
    await _employ(made.world)
    await _organise(made.world)
    world, ids, change = made.world, made.ids, made.change
    engagement = ids["engagement"] = world.id("Engagement", world.engagement)
    specification = ids["specification"] = world.id("Specification", world.specification)
    section = ids["section"] = world.id("Section", world.sections[0])
    ids["block"] = world.id("Block", world.blocks[0])
    outcome = world.id("Block", world.blocks[-1])

    async def comment_of(thread: str, last: int = 1) -> str:
        result = await run(
            database,
            await made.viewer("admin"),
            "query ($id: ID!, $last: Int) { node(id: $id) "
            "{ ... on Thread { comments(last: $last) { nodes { id } } } } }",
            {"id": thread, "last": last},
        )
        return str(result["data"]["node"]["comments"]["nodes"][0]["id"])

    thread = {"topicId": engagement, "subjectId": section}
    ids["thread"] = await change("nurse1", "openThread", **thread, body="A first word.")
    ids["comment"] = await comment_of(ids["thread"])
    await change("nurse2", "react", commentId=ids["comment"], kind="AGREE")
    await change("nurse2", "addComment", threadId=ids["thread"], body=HIDDEN_WORDS)
    ids["hidden"] = await comment_of(ids["thread"])
    await change(
        "moderator",
        "hideWords",
        wordsId=ids["hidden"],
        ground="PERSONAL_DATA",
        reason=HIDING_REASON,
        expectedRevision=1,
    )
    ids["other thread"] = await change("nurse1", "openThread", **thread, body="Another matter.")
    await _moderate(made)
    ids["own thread"] = await change(
        "developer", "openThread", topicId=specification, subjectId=section, body="Of our own."
    )

    ballot = {"topicId": engagement, "kind": "SENSE_CHECK", "subjectId": section}

    async def draft(question: str, visibility: str) -> str:
        return await change(
            "moderator", "draftBallot", **ballot, question=question, visibility=visibility
        )

    ids["draft"] = await draft(DRAFT_QUESTION, "LIVE")
    for name, visibility in (("live", "LIVE"), ("blind", "AFTER_CLOSE"), ("closed", "LIVE")):
        ids[name] = await draft(f"The {name} one?", visibility)
        step = {"ballotId": ids[name], "reason": "It is time.", "expectedRevision": None}
        await change("moderator", "advanceBallot", **step, transition="OPEN")
        ids[f"{name} vote"] = await change(
            "nurse1",
            "castVote",
            ballotId=ids[name],
            choice="AGREE",
            rationale=f"{RATIONALE} {name}",
        )
        if name == "closed":
            await change("moderator", "advanceBallot", **step, transition="CLOSE")

    for add in (_hand_out_papers, _consolidate, _object, _announce):
        await add(made)
    ids["roundtable"] = await change(
        "moderator",
        "createRoundtable",
        engagementId=engagement,
        title="By invitation",
        agenda="One.",
        startsAt="2026-02-01T12:00:00Z",
    )
    ids["stakeholder"] = world.id("Stakeholder", world.stakeholders["pharmacist1"])
    ids["constituency"] = world.id("Constituency", world.constituencies["Nurses"])
    roundtable = {"roundtableId": ids["roundtable"]}
    await change("moderator", "invite", **roundtable, stakeholderIds=[ids["stakeholder"]])
    async with database.session() as session:
        key = (await session.execute(text("SELECT id FROM invitations"))).scalar_one()
    ids["invitation"] = world.id("Invitation", key)
    await _hold(made)
    await _respond(made)
    ids["private"] = await change(
        "secretary",
        "createEngagement",
        specificationId=specification,
        title="Not for all",
        purpose="To ask a few.",
        briefing="Read this.",
        public=False,
    )
    ids["revision"] = await change(
        "developer",
        "nameRevision",
        specificationId=specification,
        name="First",
        expectedRevision=None,
    )
    await _plan(made, outcome)
    for relate in (_relate, deliver, prioritise):
        await relate(made)
    await endorse(made, ids["other credential"])
    await renew(made)
    return made


async def _relate(made: Furnished) -> None:
    """Create another credential, related to that of the world."""
    ids, change = made.ids, made.change
    ids["credential"] = made.world.id("Credential", made.world.credential)
    ids["other credential"] = await change(
        "secretary", "createCredential", code="OTHER", title="Another one", area="Elsewhere"
    )
    await change(
        "secretary",
        "linkCredentials",
        credentialId=ids["credential"],
        otherId=ids["other credential"],
        kind="COMPANION",
        note="",
    )


async def endorse(made: Furnished, credential: str, which: str = "") -> None:
    """Have the board endorse a version with a condition, and plan how it comes into use."""
    ids, change = made.ids, made.change
    ids[f"{which}endorsed"] = await change(
        "secretary",
        "createSpecification",
        credentialId=credential,
        title="Another blueprint",
        public=True,
    )
    about = {"specificationId": ids[f"{which}endorsed"]}
    await recommend(made.world, parse(ids[f"{which}endorsed"], "id")[1])
    ids[f"{which}endorsement"] = await change(
        "secretary", "openEndorsement", **about, briefing="Please read it.", expectedRevision=None
    )
    ids[f"{which}board ballot"] = await made.read(
        ids[f"{which}endorsement"], "Endorsement", "ballot { id }"
    )
    ballot = {"ballotId": ids[f"{which}board ballot"]}
    for member in (Role.BOARD, "BOARD2"):
        await change(member, "castVote", **ballot, choice="YES", rationale="It is good.")
    step = {"reason": "It is time.", "expectedRevision": None}
    await change("secretary", "advanceBallot", **ballot, **step, transition="CLOSE")
    await change(
        "secretary",
        "advanceEndorsement",
        endorsementId=ids[f"{which}endorsement"],
        **step,
        transition="PASS",
        conditions=[{"body": "Add references.", "dueOn": "2126-01-01"}],
    )
    ids[f"{which}endorsement condition"] = await made.read(
        ids[f"{which}endorsement"], "Endorsement", "conditions { id }"
    )
    ids[f"{which}implementation plan"] = await change(
        "secretary", "planImplementation", **about, launchOn="2126-02-01", resources="Two people."
    )
    ids[f"{which}implementation point"] = await change(
        "secretary",
        "addImplementationPoint",
        implementationPlanId=ids[f"{which}implementation plan"],
        kind="BARRIER",
        body="Placements are scarce.",
    )


async def renew(made: Furnished, which: str = "") -> None:
    """Review a launched version of a credential of its own, and evaluate what that is worth."""
    ids, change = made.ids, made.change
    code = f"{which.strip().upper()}RENEWED"
    credential = await change(
        "secretary", "createCredential", code=code, title="One in use", area="Elsewhere"
    )
    launched = await change(
        "secretary", "createSpecification", credentialId=credential, title="In use", public=True
    )
    await put(made.world, SpecificationState.LAUNCHED, id=parse(launched, "id")[1])
    ids[f"{which}review"] = await change(
        "secretary",
        "triggerPeriodicReview",
        specificationId=launched,
        trigger="NEED",
        cause="Fewer people ask for it.",
    )
    ids[f"{which}evidence"] = await change(
        "secretary",
        "addReviewEvidence",
        periodicReviewId=ids[f"{which}review"],
        source="A register",
        body="They are few.",
    )
    evaluation = ids[f"{which}evaluation"] = await change(
        "secretary",
        "designEvaluation",
        credentialId=credential,
        title="What it is worth",
        purpose="To know.",
        startsOn="2026-01-01",
        endsOn="2026-12-31",
    )
    ids[f"{which}measure"] = await change(
        "secretary",
        "addMeasure",
        evaluationId=evaluation,
        kind="COLLECTIVE",
        name="Waiting time",
        unit="days",
    )
    await change(
        "secretary",
        "advanceEvaluation",
        evaluationId=evaluation,
        transition="COLLECT",
        reason="It is time.",
        expectedRevision=None,
    )
    ids[f"{which}data point"] = await change(
        "secretary",
        "recordDataPoint",
        measureId=ids[f"{which}measure"],
        period="2026",
        peopleGroup="Nurses",
        people=3,
        value="12.5",
        source="Returns of the providers.",
    )


async def _hand_out_papers(made: Furnished) -> None:
    """Open an unlinkable ballot, of which somebody has the paper."""
    ids, change = made.ids, made.change
    ids["unlinkable"] = await change(
        "moderator",
        "draftBallot",
        topicId=ids["engagement"],
        kind="SENSE_CHECK",
        question="Without a name?",
        visibility="AFTER_CLOSE",
        secrecy="UNLINKABLE",
    )
    step = {"ballotId": ids["unlinkable"], "reason": "It is time.", "expectedRevision": None}
    await change("moderator", "advanceBallot", **step, transition="OPEN")
    taken = await run(
        made.world.database,
        await made.viewer("nurse3"),
        "mutation ($input: TakePaperInput!) "
        "{ takePaper(input: $input) { ... on TakePaperPayload { secret } } }",
        {"input": {"ballotId": ids["unlinkable"]}},
    )
    ids["paper"] = taken["data"]["takePaper"]["secret"]


async def _consolidate(made: Furnished) -> None:
    """Let an organisation vote in a blind ballot, two members of which have told their views."""
    ids, change = made.ids, made.change
    ids["official"] = await change(
        "moderator",
        "draftBallot",
        topicId=ids["engagement"],
        kind="SENSE_CHECK",
        question="What do you say officially?",
        visibility="AFTER_CLOSE",
        votesBy="ORGANISATIONS",
    )
    ballot = {"ballotId": ids["official"]}
    step = {**ballot, "reason": "It is time.", "expectedRevision": None}
    await change("moderator", "advanceBallot", **step, transition="OPEN")
    for name in ("nurse3", "nurse1"):
        ids["view"] = await change(name, "giveView", **ballot, choice="AGREE", rationale=VIEW)
    await change("nurse2", "castVote", **ballot, choice="AGREE")


async def _moderate(made: Furnished) -> None:
    """Let the author of what is hidden appeal, and somebody flag what is not."""
    ids, change = made.ids, made.change
    async with made.world.database.session() as session:
        decision = (await session.execute(text("SELECT id FROM moderation_decisions"))).scalar_one()
    ids["decision"] = made.world.id("ModerationDecision", decision)
    ids["appeal"] = await change(
        "nurse2", "appealDecision", moderationDecisionId=ids["decision"], words=APPEAL
    )
    await change("pharmacist1", "flagWords", wordsId=ids["comment"], reason=FLAG_REASON)
    other = {"threadId": ids["other thread"]}
    step = {"reason": "For order's sake.", "expectedRevision": None}
    for name, body in (
        ("split", "Once and again, and more."),
        ("merged", "Another matter, I say."),
    ):
        ids[name] = await change("nurse1", "addComment", **other, body=body)
    await change(
        "moderator",
        "splitComment",
        commentId=ids["split"],
        parts=["Once and again", "more."],
        **step,
    )
    await change(
        "moderator", "mergeComment", commentId=ids["merged"], intoId=ids["comment"], **step
    )
    await change("moderator", "pinThread", **other, pinned=True, reason="Read this first.")
    ids["theme"] = await change(
        "moderator", "addTheme", engagementId=ids["engagement"], name="Learning hours"
    )
    await change("moderator", "assignTheme", threadId=ids["thread"], themeId=ids["theme"])
    await change(
        "moderator",
        "setDisposition",
        threadId=ids["other thread"],
        kind="NOTED",
        reason=DISPOSITION,
        expectedRevision=None,
    )


async def _respond(made: Furnished) -> None:
    """Hold another exercise from its opening to the publication of its response."""
    ids, change = made.ids, made.change
    exercise = ids["answered"] = await change(
        "secretary",
        "createEngagement",
        specificationId=ids["specification"],
        title="An earlier one",
        purpose="To ask early.",
        briefing="Read this.",
        public=True,
    )
    place = {"engagementId": exercise}
    await change("secretary", "declareConstituency", **place, name="Nurses", kind="PROFESSION")
    step = {**place, "reason": "It is time.", "expectedRevision": None}
    await change("secretary", "advanceEngagement", **step, transition="OPEN")
    ids["answered thread"] = await change(
        "secretary", "openThread", topicId=exercise, subjectId=ids["section"], body="More hours."
    )
    await change(
        "secretary",
        "setDisposition",
        threadId=ids["answered thread"],
        kind="REJECTED",
        reason="There are enough.",
        expectedRevision=None,
    )
    await change("secretary", "advanceEngagement", **step, transition="CLOSE")
    ids["response"] = await change("secretary", "publishResponse", **step)
    ids["statement"] = await change(
        "moderator",
        "stateReport",
        engagementId=ids["engagement"],
        funding=FUNDING,
        expectedRevision=None,
    )


async def _hold(made: Furnished) -> None:
    """Open the roundtable, with an agenda, facilitators and somebody who waits for the floor."""
    ids, change = made.ids, made.change
    roundtable = {"roundtableId": ids["roundtable"]}
    agenda = {**roundtable, "plannedMinutes": 10, "expectedRevision": None}
    ids["agenda item"] = await change("moderator", "addAgendaItem", **agenda, title="First of all")
    step = {"transition": "OPEN", "reason": "It is time.", "expectedRevision": None}
    await change("moderator", "advanceRoundtable", **roundtable, **step)
    first, second = (
        made.world.id("Person", made.world.people[name]) for name in ("nurse3", "pharmacist2")
    )
    facilitation = {"topicId": ids["roundtable"], "expectedRevision": None}
    await change("moderator", "setFacilitators", **facilitation, personIds=[first, second])
    await change("moderator", "handOverFacilitation", **facilitation)
    await change(
        "nurse3",
        "assignFacilitator",
        agendaItemId=ids["agenda item"],
        personId=first,
        expectedRevision=None,
    )
    ids["floor request"] = await change(
        "pharmacist1", "requestFloor", **roundtable, about="How it is to be taught"
    )


async def _employ(world: World) -> None:
    """Add one person for each role, called by its name, in the scope that is usual for it."""
    places = {
        ScopeKind.SPECIFICATION: world.specification,
        ScopeKind.ENGAGEMENT: world.engagement,
        ScopeKind.ORGANISATION: world.organisation,
    }
    for role, kind in HOMES.items():
        id = world.people[role] = new_id()
        await world.add(
            Topic(id=id, kind=TopicKind.PERSON, scopes=[id]),
            Person(id=id, name=role, email=f"one-{role}@example.org".lower(), created_at=NOW),
            Membership(
                person_id=id,
                role=role,
                scope_kind=kind,
                scope_id=places.get(kind),
                created_at=NOW,
            ),
        )


async def _organise(world: World) -> None:
    """Let nurses take part for the organisation, one as its representative."""
    for name in ("nurse1", "nurse2", "nurse3"):
        await join(world, name, world.organisation)
    await represent(world, "nurse2", ScopeKind.ORGANISATION, world.organisation)


# The furnished database of each server, made once and copied for each test.
_ORIGINS: dict[str, tuple[str, Furnished]] = {}


@asynccontextmanager
async def furnished(server: Server) -> AsyncIterator[Furnished]:
    """Give a furnished database of its own for the length of the block."""
    address = server.server.owner_url
    if address not in _ORIGINS:
        origin = f"furnished_{uuid4().hex}"
        first = await _copy(server, origin, server.template)
        _ORIGINS[address] = origin, await furnish(first)
        await first.close()
    origin, made = _ORIGINS[address]
    name = f"furnished_{uuid4().hex}"
    database = await _copy(server, name, origin)
    try:
        yield Furnished(replace(made.world, database=database), made.ids)
    finally:
        await database.close()
        await server.statement(f"DROP DATABASE {name} WITH (FORCE)")


async def _copy(server: Server, name: str, origin: str) -> Database:
    await server.statement(f"CREATE DATABASE {name} TEMPLATE {origin} STRATEGY file_copy")
    return Database(create_engine(server.server.url("concordat_app", name)))
