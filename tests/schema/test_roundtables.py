"""Roundtables and invitations through the API: who is invited, and who may know of it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from domain.ids import new_id
from domain.models.ballots import Elector
from domain.models.roundtables import Roundtable
from domain.models.topics import Topic, TopicKind
from domain.permissions import ANYONE, Audience
from schema.nodes import parse
from tests.ballots import opened
from tests.conftest import Ask
from tests.world import NOW, World

ERROR = "... on Error { code message path }"
CREATE = f"""
mutation ($input: CreateRoundtableInput!) {{
  createRoundtable(input: $input) {{
    ... on CreateRoundtablePayload {{ roundtable {{
      id title state engagement {{ title }} invitations {{ totalCount }} viewerInvitation {{ id }}
      viewerCanModerate availableTransitions {{ transition allowed missing }}
    }} }}
    {ERROR}
  }}
}}
"""
EDIT = f"""
mutation ($input: EditRoundtableInput!) {{
  editRoundtable(input: $input) {{
    ... on EditRoundtablePayload {{ roundtable {{ title agenda startsAt revision }} }}
    {ERROR}
  }}
}}
"""
ADVANCE = f"""
mutation ($input: AdvanceRoundtableInput!) {{
  advanceRoundtable(input: $input) {{
    ... on AdvanceRoundtablePayload {{ roundtable {{ state revision }} }}
    {ERROR}
  }}
}}
"""
INVITE = f"""
mutation ($input: InviteInput!) {{
  invite(input: $input) {{
    ... on InvitePayload {{ roundtable {{ invitations {{ totalCount nodes {{ id
      state person {{ name }} stakeholder {{ constituency {{ name }} }} }} }} }} }}
    {ERROR}
  }}
}}
"""
ANSWER = f"""
mutation ($input: AnswerInvitationInput!) {{
  answerInvitation(input: $input) {{
    ... on AnswerInvitationPayload {{ invitation {{ state answeredAt viewerCanAnswer }} }}
    {ERROR}
  }}
}}
"""
WITHDRAW = f"""
mutation ($input: WithdrawInvitationInput!) {{
  withdrawInvitation(input: $input) {{
    ... on WithdrawInvitationPayload {{ invitation {{ state }} }}
    {ERROR}
  }}
}}
"""
REMOVE = f"""
mutation ($input: RemoveStakeholderInput!) {{
  removeStakeholder(input: $input) {{ __typename {ERROR} }}
}}
"""
KNOWN = """
query ($roundtable: ID!, $engagement: ID!) {
  roundtable: node(id: $roundtable) { id }
  engagement: node(id: $engagement) { ... on Engagement {
    roundtables { totalCount nodes { id } } availableTransitions { missing }
  } }
  viewerInvitations { totalCount nodes { roundtable { id } } }
}
"""


async def create(ask: Ask, world: World, *names: str) -> str:
    """Plan a roundtable and invite people to it; return its global id."""
    moderator = await world.viewer("moderator")
    data = await ask(moderator, CREATE, input=planned(world))
    id = str(data["createRoundtable"]["roundtable"]["id"])
    if names:
        await invite(ask, world, id, *names)
    return id


def planned(world: World) -> dict[str, Any]:
    return {
        "engagementId": world.id("Engagement", world.engagement),
        "title": "Nurses' view",
        "startsAt": "2026-02-03T10:00:00Z",
    }


async def invite(ask: Ask, world: World, id: str, *names: str, by: str = "moderator") -> Any:
    parts = [world.id("Stakeholder", world.stakeholders[name]) for name in names]
    data = await ask(
        await world.viewer(by), INVITE, input={"roundtableId": id, "stakeholderIds": parts}
    )
    return data["invite"]


async def advance(
    ask: Ask, world: World, id: str, transition: str = "OPEN", by: str = "moderator"
) -> Any:
    data = await ask(
        await world.viewer(by),
        ADVANCE,
        input={
            "roundtableId": id,
            "transition": transition,
            "reason": "It is time.",
            "expectedRevision": None,
        },
    )
    return data["advanceRoundtable"]


async def invitation_of(ask: Ask, world: World, id: str, name: str) -> str:
    data = await ask(
        await world.viewer(name),
        "query ($id: ID!) { node(id: $id) { ... on Roundtable { viewerInvitation { id } } } }",
        id=id,
    )
    return str(data["node"]["viewerInvitation"]["id"])


async def known(ask: Ask, world: World, id: str, name: str | None) -> bool:
    """Say whether a person knows of the roundtable; fail where only some fields tell."""
    data = await ask(
        ANYONE if name is None else await world.viewer(name),
        KNOWN,
        roundtable=id,
        engagement=world.id("Engagement", world.engagement),
    )
    found = data["roundtable"] is not None
    assert data["engagement"]["roundtables"] == {
        "totalCount": int(found),
        "nodes": [{"id": id}] if found else [],
    }
    return found


async def answer(ask: Ask, world: World, id: str, name: str, *, accept: bool) -> Any:
    data = await ask(await world.viewer(name), ANSWER, input={"invitationId": id, "accept": accept})
    return data["answerInvitation"]


async def withdraw(ask: Ask, world: World, id: str, by: str = "moderator") -> Any:
    data = await ask(await world.viewer(by), WITHDRAW, input={"invitationId": id})
    return data["withdrawInvitation"]


async def test_a_moderator_plans_a_roundtable_and_only_moderators_hear_of_it(
    ask: Ask, world: World
) -> None:
    data = await ask(await world.viewer("moderator"), CREATE, input=planned(world))

    roundtable = data["createRoundtable"]["roundtable"]
    id = roundtable.pop("id")
    assert roundtable == {
        "title": "Nurses' view",
        "state": "PLANNED",
        "engagement": {"title": "Tell us what you think"},
        "invitations": {"totalCount": 0},
        "viewerInvitation": None,
        "viewerCanModerate": True,
        "availableTransitions": [{"transition": "OPEN", "allowed": True, "missing": []}],
    }
    created = "ROUNDTABLE_CREATED"
    assert await world.events(world.engagement) == [(created, Audience.MODERATORS)]
    assert await world.events(parse(id, "id")[1]) == [
        (created, Audience.MEMBERS),
        (created, Audience.MODERATORS),
    ]


@pytest.mark.parametrize("name", ["nurse1", "stranger", "developer"])
async def test_only_moderators_of_the_exercise_plan(ask: Ask, world: World, name: str) -> None:
    data = await ask(await world.viewer(name), CREATE, input=planned(world))

    assert data["createRoundtable"]["code"] == "NOT_ALLOWED"


async def test_only_those_invited_and_moderators_know_of_a_roundtable(
    ask: Ask, world: World
) -> None:
    id = await create(ask, world, "nurse1")

    knowing = {
        name: await known(ask, world, id, name)
        for name in (None, "stranger", "nurse1", "nurse2", "moderator", "secretary")
    }

    assert knowing == {
        None: False,
        "stranger": False,
        "nurse1": True,
        "nurse2": False,
        "moderator": True,
        "secretary": True,
    }


async def test_what_stands_in_the_way_of_closing_discloses_no_roundtable(
    ask: Ask, world: World
) -> None:
    id = await create(ask, world, "nurse1")
    await advance(ask, world, id)
    close = """
    mutation ($input: AdvanceEngagementInput!) {
      advanceEngagement(input: $input) { ... on Error { code message } }
    }
    """

    missing = {}
    for name in ("moderator", "nurse2"):
        data = await ask(
            await world.viewer(name),
            KNOWN,
            roundtable=id,
            engagement=world.id("Engagement", world.engagement),
        )
        missing[name] = data["engagement"]["availableTransitions"][0]["missing"]
    refused = await ask(
        await world.viewer("moderator"),
        close,
        input={
            "engagementId": world.id("Engagement", world.engagement),
            "transition": "CLOSE",
            "reason": "Over.",
            "expectedRevision": None,
        },
    )

    assert missing == {"moderator": ["Roundtables still open: 1."], "nurse2": []}
    assert refused["advanceEngagement"] == {
        "code": "CONFLICT",
        "message": "Roundtables still open: 1.",
    }


async def test_an_invitation_is_shown_to_the_person_and_told_to_them(
    ask: Ask, world: World
) -> None:
    id = await create(ask, world, "nurse1")

    data = await ask(
        await world.viewer("nurse1"),
        "{ viewerInvitations { totalCount nodes { state viewerCanAnswer person { name } "
        "roundtable { id title } } } }",
    )

    assert data["viewerInvitations"] == {
        "totalCount": 1,
        "nodes": [
            {
                "state": "INVITED",
                "viewerCanAnswer": True,
                "person": {"name": "Nurse1"},
                "roundtable": {"id": id, "title": "Nurses' view"},
            }
        ],
    }
    assert ("INVITATION_SENT", Audience.MEMBERS) in await world.events(world.people["nurse1"])


async def test_inviting_again_changes_nothing(ask: Ask, world: World) -> None:
    id = await create(ask, world, "nurse1")
    before = await world.events(world.people["nurse1"])

    again = await invite(ask, world, id, "nurse1", "pharmacist1")

    assert again["roundtable"]["invitations"]["totalCount"] == 2
    assert [
        (node["person"]["name"], node["stakeholder"]["constituency"]["name"])
        for node in again["roundtable"]["invitations"]["nodes"]
    ] == [("Nurse1", "Nurses"), ("Pharmacist1", "Pharmacists")]
    assert await world.events(world.people["nurse1"]) == before


async def test_who_may_invite_whom(ask: Ask, world: World) -> None:
    id = await create(ask, world, "nurse1")

    by_guest = await invite(ask, world, id, "nurse2", by="nurse1")
    by_outsider = await invite(ask, world, id, "nurse2", by="nurse2")
    nobody = await invite(ask, world, id)
    unknown = await ask(
        await world.viewer("moderator"),
        INVITE,
        input={
            "roundtableId": id,
            "stakeholderIds": [world.id("Stakeholder", world.specification)],
        },
    )

    assert by_guest["code"] == "NOT_ALLOWED"
    assert by_outsider["code"] == "NOT_FOUND"
    assert nobody["code"] == "INVALID"
    assert unknown["invite"]["code"] == "NOT_FOUND"
    assert unknown["invite"]["path"] == ["stakeholderIds"]


async def test_a_person_accepts_and_may_decline_later(ask: Ask, world: World) -> None:
    id = await create(ask, world, "nurse1")
    invitation = await invitation_of(ask, world, id, "nurse1")

    accepted = await answer(ask, world, invitation, "nurse1", accept=True)
    known_then = await known(ask, world, id, "nurse1")
    declined = await answer(ask, world, invitation, "nurse1", accept=False)
    known_now = await known(ask, world, id, "nurse1")
    too_late = await answer(ask, world, invitation, "nurse1", accept=True)
    mine = await ask(
        await world.viewer("nurse1"),
        "query ($id: ID!) { node(id: $id) { ... on Invitation { state roundtable { id } } } "
        "viewerInvitations { totalCount } }",
        id=invitation,
    )

    assert accepted["invitation"]["state"] == "ACCEPTED"
    assert accepted["invitation"]["answeredAt"] is not None
    assert declined["invitation"] | {"answeredAt": None} == {
        "state": "DECLINED",
        "answeredAt": None,
        "viewerCanAnswer": False,
    }
    assert (known_then, known_now) == (True, False)
    assert too_late["code"] == "NOT_FOUND"
    assert mine == {
        "node": {"state": "DECLINED", "roundtable": None},
        "viewerInvitations": {"totalCount": 0},
    }


async def test_only_the_person_invited_answers(ask: Ask, world: World) -> None:
    id = await create(ask, world, "nurse1", "nurse2")
    invitation = await invitation_of(ask, world, id, "nurse1")

    codes = {
        name: (await answer(ask, world, invitation, name, accept=False))["code"]
        for name in ("nurse2", "nurse3", "moderator")
    }

    assert codes == {"nurse2": "NOT_ALLOWED", "nurse3": "NOT_FOUND", "moderator": "NOT_ALLOWED"}


async def test_who_is_not_invited_any_more_may_not_know_until_invited_again(
    ask: Ask, world: World
) -> None:
    id = await create(ask, world, "nurse1")
    invitation = await invitation_of(ask, world, id, "nurse1")

    withdrawn = await withdraw(ask, world, invitation)
    known_then = await known(ask, world, id, "nurse1")
    twice = await withdraw(ask, world, invitation)
    await invite(ask, world, id, "nurse1")

    assert withdrawn["invitation"]["state"] == "WITHDRAWN"
    assert known_then is False
    assert twice["code"] == "CONFLICT"
    assert await known(ask, world, id, "nurse1") is True
    assert await invitation_of(ask, world, id, "nurse1") == invitation


async def test_only_moderators_withdraw(ask: Ask, world: World) -> None:
    id = await create(ask, world, "nurse1", "nurse2")
    invitation = await invitation_of(ask, world, id, "nurse1")

    assert (await withdraw(ask, world, invitation, by="nurse2"))["code"] == "NOT_ALLOWED"
    assert (await withdraw(ask, world, invitation, by="nurse3"))["code"] == "NOT_FOUND"


async def test_an_electorate_grows_with_those_invited_and_does_not_shrink(
    ask: Ask, world: World
) -> None:
    id = await create(ask, world, "nurse1")
    await advance(ask, world, id)
    ballot = await opened(world, topic_id=parse(id, "id")[1], electorate_grows=True)

    await invite(ask, world, id, "nurse2")
    refused = await withdraw(ask, world, await invitation_of(ask, world, id, "nurse2"))
    removed = await ask(
        await world.viewer("moderator"),
        REMOVE,
        input={
            "stakeholderId": world.id("Stakeholder", world.stakeholders["nurse1"]),
            "reason": "Asked to leave.",
        },
    )

    async with world.database.read() as session:
        electors = set(
            await session.scalars(select(Elector.person_id).where(Elector.ballot_id == ballot))
        )
    assert electors == {world.people["nurse1"], world.people["nurse2"]}
    assert refused["code"] == "CONFLICT"
    assert removed["removeStakeholder"]["code"] == "CONFLICT"


async def test_who_leaves_the_exercise_leaves_its_roundtables_and_may_return(
    ask: Ask, world: World
) -> None:
    id = await create(ask, world, "nurse1")
    moderator = await world.viewer("moderator")

    await ask(
        moderator,
        REMOVE,
        input={
            "stakeholderId": world.id("Stakeholder", world.stakeholders["nurse1"]),
            "reason": "Asked to leave.",
        },
    )
    known_then = await known(ask, world, id, "nurse1")
    joined = await ask(
        await world.viewer("nurse1"),
        "mutation ($input: JoinEngagementInput!) { joinEngagement(input: $input) "
        "{ ... on JoinEngagementPayload { stakeholder { id } } } }",
        input={"constituencyId": world.id("Constituency", world.constituencies["Nurses"])},
    )
    part = joined["joinEngagement"]["stakeholder"]["id"]
    again = await ask(moderator, INVITE, input={"roundtableId": id, "stakeholderIds": [part]})

    assert known_then is False
    assert [node["state"] for node in again["invite"]["roundtable"]["invitations"]["nodes"]] == [
        "INVITED"
    ]
    assert await known(ask, world, id, "nurse1") is True


async def test_a_roundtable_opens_and_closes_once_its_ballots_are_closed(
    ask: Ask, world: World
) -> None:
    id = await create(ask, world, "nurse1")

    by_guest = await advance(ask, world, id, by="nurse1")
    by_outsider = await advance(ask, world, id, by="nurse2")
    begun = await advance(ask, world, id)
    await opened(world, topic_id=parse(id, "id")[1])
    blocked = await advance(ask, world, id, "CLOSE")

    assert by_guest["code"] == "NOT_ALLOWED"
    assert by_outsider["code"] == "NOT_FOUND"
    assert begun["roundtable"] == {"state": "OPEN", "revision": 2}
    assert blocked["message"] == "Ballots still open: 1."


async def test_a_closed_roundtable_and_a_closed_exercise_take_nobody_in(
    ask: Ask, world: World
) -> None:
    id = await create(ask, world, "nurse1")
    later = await create(ask, world)
    invitation = await invitation_of(ask, world, id, "nurse1")
    await advance(ask, world, id)

    closed = await advance(ask, world, id, "CLOSE")
    late_guest = await invite(ask, world, id, "nurse2")
    late_answer = await answer(ask, world, invitation, "nurse1", accept=True)
    await ask(
        await world.viewer("moderator"),
        "mutation ($input: AdvanceEngagementInput!) "
        "{ advanceEngagement(input: $input) { __typename } }",
        input={
            "engagementId": world.id("Engagement", world.engagement),
            "transition": "CLOSE",
            "reason": "Over.",
            "expectedRevision": None,
        },
    )
    late_opening = await advance(ask, world, later)
    late_plan = await ask(await world.viewer("moderator"), CREATE, input=planned(world))

    assert closed["roundtable"]["state"] == "CLOSED"
    assert late_guest["code"] == late_answer["code"] == "CONFLICT"
    assert late_opening["message"] == "Its engagement exercise is not open."
    assert "it is CLOSED" in late_plan["createRoundtable"]["message"]


async def test_a_moderator_edits_the_texts_and_the_time(ask: Ask, world: World) -> None:
    id = await create(ask, world, "nurse1")
    input = {
        "roundtableId": id,
        "title": "Another title",
        "agenda": "1. Welcome",
        "startsAt": "2026-02-04T10:00:00Z",
        "expectedRevision": 1,
    }
    moderator = await world.viewer("moderator")

    done = await ask(moderator, EDIT, input=input)
    stale = await ask(moderator, EDIT, input=input)
    timeless = await ask(
        moderator, EDIT, input={**input, "startsAt": "2026-02-04T10:00:00", "expectedRevision": 2}
    )
    by_guest = await ask(await world.viewer("nurse1"), EDIT, input=input)

    assert done["editRoundtable"]["roundtable"] == {
        "title": "Another title",
        "agenda": "1. Welcome",
        "startsAt": "2026-02-04T10:00:00+00:00",
        "revision": 2,
    }
    assert stale["editRoundtable"]["code"] == "CONFLICT"
    assert timeless["editRoundtable"]["path"] == ["startsAt"]
    assert by_guest["editRoundtable"]["code"] == "NOT_ALLOWED"


async def test_threads_of_a_roundtable_are_for_those_invited(ask: Ask, world: World) -> None:
    id = await create(ask, world, "nurse1")
    await advance(ask, world, id)
    document = """
    mutation ($input: OpenThreadInput!) {
      openThread(input: $input) { __typename ... on Error { code } }
    }
    """
    input = {"topicId": id, "subjectId": id, "body": "Shall we begin?"}

    outside = await ask(await world.viewer("nurse2"), document, input=input)
    inside = await ask(await world.viewer("nurse1"), document, input=input)
    read = await ask(
        await world.viewer("nurse1"),
        "query ($id: ID!) { node(id: $id) { ... on Roundtable { threads { totalCount } "
        "ballots { totalCount } } } }",
        id=id,
    )

    assert outside["openThread"]["code"] == "NOT_FOUND"
    assert inside["openThread"]["__typename"] == "OpenThreadPayload"
    assert read["node"] == {"threads": {"totalCount": 1}, "ballots": {"totalCount": 0}}


async def test_who_drafts_the_specification_takes_part_in_the_exercise_but_in_no_roundtable(
    ask: Ask, world: World
) -> None:
    id = new_id()
    await world.add(
        Topic(
            id=id,
            kind=TopicKind.ROUNDTABLE,
            scopes=[id, world.engagement, world.specification, world.credential],
        ),
        Roundtable(
            id=id,
            engagement_id=world.engagement,
            title="By invitation",
            agenda="",
            starts_at=NOW,
            created_at=NOW,
        ),
    )
    developer = await world.viewer("developer")

    data = await ask(
        developer,
        "query ($roundtable: ID!, $engagement: ID!) { roundtable: node(id: $roundtable) { id } "
        "engagement: node(id: $engagement) "
        "{ ... on Engagement { stakeholders { totalCount } } } }",
        roundtable=world.id("Roundtable", id),
        engagement=world.id("Engagement", world.engagement),
    )

    assert data == {"roundtable": None, "engagement": {"stakeholders": {"totalCount": 9}}}
