"""Engagement exercises and webinars through the API: planning, opening, closing, reading."""

from __future__ import annotations

from typing import Any

import pytest

from domain.permissions import ANYONE, Audience
from schema.nodes import parse
from tests.conftest import Ask
from tests.counting import counting
from tests.world import World

ERROR = "... on Error { code message path }"
CREATE = f"""
mutation ($input: CreateEngagementInput!) {{
  createEngagement(input: $input) {{
    __typename
    ... on CreateEngagementPayload {{ engagement {{
      id title state public revision opensAt specification {{ title }} viewerCanModerate
      availableTransitions {{ transition allowed reasons missing }}
    }} }}
    {ERROR}
  }}
}}
"""
EDIT = f"""
mutation ($input: EditEngagementInput!) {{
  editEngagement(input: $input) {{
    ... on EditEngagementPayload {{ engagement {{ title purpose briefing opensAt revision }} }}
    {ERROR}
    ... on Conflict {{ current {{ ... on Engagement {{ revision }} }} }}
  }}
}}
"""
ADVANCE = f"""
mutation ($input: AdvanceEngagementInput!) {{
  advanceEngagement(input: $input) {{
    ... on AdvanceEngagementPayload {{ engagement {{
      state revision openedAt closedAt availableTransitions {{ transition }} }} }}
    {ERROR}
  }}
}}
"""
ADD_WEBINAR = f"""
mutation ($input: AddWebinarInput!) {{
  addWebinar(input: $input) {{
    ... on AddWebinarPayload {{ webinar {{ id title slidesUrl engagement {{ title }} }} }}
    {ERROR}
  }}
}}
"""
EDIT_WEBINAR = f"""
mutation ($input: EditWebinarInput!) {{
  editWebinar(input: $input) {{
    ... on EditWebinarPayload {{ webinar {{ slidesUrl recordingUrl revision }} }}
    {ERROR}
  }}
}}
"""
TRANSITIONS = """
query ($id: ID!) { node(id: $id) { ... on Engagement {
  availableTransitions { transition allowed reasons missing }
} } }
"""
LIST = """
query ($state: EngagementState, $first: Int, $after: String, $last: Int) {
  engagements(state: $state, first: $first, after: $after, last: $last) {
    totalCount pageInfo { hasNextPage endCursor } nodes { title }
  }
}
"""


def planned(world: World, **more: Any) -> dict[str, Any]:
    return {
        "specificationId": world.id("Specification", world.specification),
        "title": "A second look",
        "purpose": "See whether the changes answer the comments.",
        "public": True,
        **more,
    }


async def create(ask: Ask, world: World, **more: Any) -> str:
    data = await ask(await world.viewer("secretary"), CREATE, input=planned(world, **more))
    assert "engagement" in data["createEngagement"], data
    return str(data["createEngagement"]["engagement"]["id"])


async def test_who_steers_plans_an_exercise_and_is_told_what_is_missing(
    ask: Ask, world: World
) -> None:
    data = await ask(
        await world.viewer("secretary"),
        CREATE,
        input=planned(world, opensAt="2026-01-15T09:00:00Z", closesAt="2026-02-28T17:00:00Z"),
    )

    engagement = data["createEngagement"]["engagement"]
    engagement.pop("id")
    assert engagement == {
        "title": "A second look",
        "state": "PLANNED",
        "public": True,
        "revision": 1,
        "opensAt": "2026-01-15T09:00:00+00:00",
        "specification": {"title": "Pelvic health"},
        "viewerCanModerate": True,
        "availableTransitions": [
            {
                "transition": "OPEN",
                "allowed": False,
                "reasons": [],
                "missing": ["No constituency is declared.", "The briefing document is empty."],
            }
        ],
    }


@pytest.mark.parametrize(
    ("more", "readers"),
    [({"public": True}, set(Audience)), ({"public": False}, {Audience.MODERATORS})],
)
async def test_the_specification_hears_of_an_exercise_as_far_as_its_readers_may(
    ask: Ask, world: World, more: dict[str, bool], readers: set[Audience]
) -> None:
    await create(ask, world, **more)

    told = await world.events(world.specification)
    assert set(told) == {("ENGAGEMENT_CREATED", reader) for reader in readers}


@pytest.mark.parametrize("name", ["moderator", "developer", "nurse1", "stranger"])
async def test_only_who_steers_may_plan_an_exercise(ask: Ask, world: World, name: str) -> None:
    data = await ask(await world.viewer(name), CREATE, input=planned(world))

    assert data["createEngagement"]["code"] == "NOT_ALLOWED"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", " ", "is empty"),
        ("closesAt", "2026-01-15T09:00:00Z", "send a later closesAt"),
        ("opensAt", "2026-01-20T09:00:00", "has no time zone"),
    ],
)
async def test_an_exercise_that_cannot_be_is_refused(
    ask: Ask, world: World, field: str, value: str, sentence: str
) -> None:
    input = planned(world, opensAt="2026-01-15T09:00:00Z") | {field: value}

    data = await ask(await world.viewer("secretary"), CREATE, input=input)

    assert data["createEngagement"]["code"] == "INVALID"
    assert data["createEngagement"]["path"] == [field]
    assert sentence in data["createEngagement"]["message"]


async def test_a_members_only_exercise_is_unknown_to_others(ask: Ask, world: World) -> None:
    id = await create(ask, world, public=False)
    document = "query ($id: ID!) { node(id: $id) { id } engagements { totalCount } }"

    for viewer in (ANYONE, await world.viewer("stranger"), await world.viewer("nurse1")):
        data = await ask(viewer, document, id=id)
        assert data == {"node": None, "engagements": {"totalCount": 1}}

    data = await ask(await world.viewer("developer"), document, id=id)
    assert data == {"node": {"id": id}, "engagements": {"totalCount": 2}}


def edited(world: World, **more: Any) -> dict[str, Any]:
    return {
        "engagementId": world.id("Engagement", world.engagement),
        "title": "Tell us more",
        "purpose": "Another purpose.",
        "briefing": "# Another briefing",
        "opensAt": "2026-01-15T09:00:00+01:00",
        "expectedRevision": 1,
        **more,
    }


async def test_a_moderator_edits_the_texts_and_dates(ask: Ask, world: World) -> None:
    data = await ask(await world.viewer("moderator"), EDIT, input=edited(world))

    assert data["editEngagement"]["engagement"] == {
        "title": "Tell us more",
        "purpose": "Another purpose.",
        "briefing": "# Another briefing",
        "opensAt": "2026-01-15T08:00:00+00:00",
        "revision": 2,
    }


async def test_an_edit_of_what_has_changed_meanwhile_shows_the_present_one(
    ask: Ask, world: World
) -> None:
    await ask(await world.viewer("moderator"), EDIT, input=edited(world))

    stale = await ask(await world.viewer("secretary"), EDIT, input=edited(world))
    unsaid = edited(world)
    del unsaid["expectedRevision"]
    missing = await ask(await world.viewer("secretary"), EDIT, input=unsaid)
    forced = await ask(
        await world.viewer("secretary"), EDIT, input=edited(world, expectedRevision=None)
    )

    assert stale["editEngagement"]["code"] == "CONFLICT"
    assert stale["editEngagement"]["current"] == {"revision": 2}
    assert missing["editEngagement"]["code"] == "INVALID"
    assert forced["editEngagement"]["engagement"]["revision"] == 3


@pytest.mark.parametrize("name", ["nurse1", "stranger", "developer"])
async def test_only_moderators_edit_advance_and_announce(ask: Ask, world: World, name: str) -> None:
    viewer = await world.viewer(name)
    id = world.id("Engagement", world.engagement)

    edit = await ask(viewer, EDIT, input=edited(world))
    advance = await ask(
        viewer,
        ADVANCE,
        input={
            "engagementId": id,
            "transition": "CLOSE",
            "reason": "Over.",
            "expectedRevision": 1,
        },
    )
    webinar = await ask(
        viewer,
        ADD_WEBINAR,
        input={"engagementId": id, "title": "Mine", "startsAt": "2026-01-20T12:00:00Z"},
    )

    assert edit["editEngagement"]["code"] == "NOT_ALLOWED"
    assert advance["advanceEngagement"]["code"] == "NOT_ALLOWED"
    assert webinar["addWebinar"]["code"] == "NOT_ALLOWED"


async def test_an_exercise_opens_when_nothing_is_missing_and_closes(ask: Ask, world: World) -> None:
    id = await create(ask, world, briefing="What this is about.")
    secretary = await world.viewer("secretary")
    step = {
        "engagementId": id,
        "transition": "OPEN",
        "reason": "All set.",
        "expectedRevision": 1,
    }

    early = await ask(secretary, ADVANCE, input=step)
    await ask(
        secretary,
        "mutation ($input: DeclareConstituencyInput!) "
        "{ declareConstituency(input: $input) { __typename } }",
        input={"engagementId": id, "name": "Midwives", "kind": "PROFESSION"},
    )
    opened = await ask(secretary, ADVANCE, input=step)
    closed = await ask(
        secretary, ADVANCE, input={**step, "transition": "CLOSE", "expectedRevision": 2}
    )
    again = await ask(
        secretary, ADVANCE, input={**step, "transition": "OPEN", "expectedRevision": 3}
    )

    assert early["advanceEngagement"]["code"] == "CONFLICT"
    assert early["advanceEngagement"]["message"] == "No constituency is declared."
    engagement = opened["advanceEngagement"]["engagement"]
    assert (engagement["state"], engagement["revision"]) == ("OPEN", 2)
    assert engagement["openedAt"] is not None
    engagement = closed["advanceEngagement"]["engagement"]
    assert (engagement["state"], engagement["availableTransitions"]) == ("CLOSED", [])
    assert engagement["closedAt"] is not None
    assert "Nothing follows that." in again["advanceEngagement"]["message"]
    told = await world.events(parse(id, "id")[1])
    assert [kind for kind, reader in told if reader is Audience.PUBLIC] == [
        "ENGAGEMENT_CREATED",
        "CONSTITUENCY_DECLARED",
        "ENGAGEMENT_ADVANCED",
        "ENGAGEMENT_ADVANCED",
    ]


async def test_a_step_needs_a_reason(ask: Ask, world: World) -> None:
    data = await ask(
        await world.viewer("moderator"),
        ADVANCE,
        input={
            "engagementId": world.id("Engagement", world.engagement),
            "transition": "CLOSE",
            "reason": "",
            "expectedRevision": None,
        },
    )

    assert data["advanceEngagement"]["path"] == ["reason"]


async def test_the_lifecycle_explains_itself_to_those_who_may_not_act(
    ask: Ask, world: World
) -> None:
    data = await ask(ANYONE, TRANSITIONS, id=world.id("Engagement", world.engagement))

    assert data["node"]["availableTransitions"] == [
        {
            "transition": "CLOSE",
            "allowed": False,
            "reasons": [
                (
                    "CLOSE of this engagement exercise needs the permission MODERATE, "
                    "which comes with the role ADMIN or SECRETARIAT or MODERATOR."
                )
            ],
            "missing": [],
        }
    ]


async def test_webinars_are_announced_and_get_their_recording(ask: Ask, world: World) -> None:
    moderator = await world.viewer("moderator")
    id = world.id("Engagement", world.engagement)
    for title, day in (("Second", "22"), ("First", "20")):
        added = await ask(
            moderator,
            ADD_WEBINAR,
            input={
                "engagementId": id,
                "title": title,
                "startsAt": f"2026-01-{day}T12:00:00Z",
                "slidesUrl": "https://example.org/slides.pdf",
            },
        )
    first = added["addWebinar"]["webinar"]["id"]

    changed = await ask(
        moderator,
        EDIT_WEBINAR,
        input={
            "webinarId": first,
            "title": "First",
            "startsAt": "2026-01-20T12:00:00Z",
            "recordingUrl": "http://example.org:8080/recording?id=1",
            "expectedRevision": 1,
        },
    )
    read = await ask(
        ANYONE,
        "query ($id: ID!) { node(id: $id) { ... on Engagement { webinars { title } } } }",
        id=id,
    )

    assert changed["editWebinar"]["webinar"] == {
        "slidesUrl": None,
        "recordingUrl": "http://example.org:8080/recording?id=1",
        "revision": 2,
    }
    assert read["node"]["webinars"] == [{"title": "First"}, {"title": "Second"}]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://example.org/slides",
        "example.org/slides",
        "https://",
        "https://example.org/a b",
        "http://[half",
        "http://example.org:port/",
        "",
    ],
)
async def test_what_is_no_web_address_is_refused(ask: Ask, world: World, url: str) -> None:
    data = await ask(
        await world.viewer("moderator"),
        ADD_WEBINAR,
        input={
            "engagementId": world.id("Engagement", world.engagement),
            "title": "Webinar",
            "startsAt": "2026-01-20T12:00:00Z",
            "slidesUrl": url,
        },
    )

    assert data["addWebinar"]["code"] == "INVALID"
    assert data["addWebinar"]["path"] == ["slidesUrl"]


async def test_the_list_is_paged_and_can_be_narrowed_to_a_state(ask: Ask, world: World) -> None:
    await create(ask, world, title="Two")
    await create(ask, world, title="Three")

    first = await ask(ANYONE, LIST, first=2)
    rest = await ask(ANYONE, LIST, first=2, after=first["engagements"]["pageInfo"]["endCursor"])
    end = await ask(ANYONE, LIST, last=2)
    planned_ones = await ask(ANYONE, LIST, state="PLANNED")

    assert first["engagements"]["totalCount"] == 3
    assert first["engagements"]["pageInfo"]["hasNextPage"] is True
    assert rest["engagements"]["nodes"] == [{"title": "Three"}]
    assert end["engagements"]["nodes"] == [{"title": "Two"}, {"title": "Three"}]
    assert planned_ones["engagements"]["totalCount"] == 2
    assert planned_ones["engagements"]["nodes"] == [{"title": "Two"}, {"title": "Three"}]


async def test_a_page_of_exercises_takes_the_same_number_of_statements_however_long(
    ask: Ask, world: World
) -> None:
    viewer = await world.viewer("nurse1")
    document = """{ engagements { totalCount nodes {
      title public viewerCanJoin viewerCanModerate specification { title }
      constituencies { name stakeholderCount stakeholders { totalCount nodes { person { name } } } }
      stakeholders { totalCount nodes { constituency { name } } }
      roundtables { totalCount nodes { title } } ballots { totalCount } threads { totalCount }
      webinars { title } viewerStakeholder { id } availableTransitions { missing }
    } } }"""

    with counting(world.database) as before:
        await ask(viewer, document)
    for title in ("Two", "Three", "Four"):
        await create(ask, world, title=title)
    with counting(world.database) as after:
        data = await ask(viewer, document)

    assert len(data["engagements"]["nodes"]) == 4
    # Which they are: what two ticks read may be one statement or two.
    assert set(after) == set(before)
