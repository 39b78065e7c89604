"""Writes of engagement exercises and their webinars."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import bindparam, select

from domain.commands.facilitators import end_facilitation
from domain.commands.steps import next_state
from domain.errors import Invalid
from domain.events import (
    EVERYONE,
    MODERATORS,
    EngagementAdvanced,
    EngagementCreated,
    EngagementEdited,
    EngagementSlowModeSet,
    WebinarAdded,
    WebinarEdited,
)
from domain.ids import new_id
from domain.lifecycle import ENGAGEMENT, NOT_CLOSED, EngagementTransition, require
from domain.models.engagements import Engagement, Webinar
from domain.models.people import Membership
from domain.models.specifications import Specification
from domain.models.topics import TopicKind
from domain.permissions import Permission, Role
from domain.queries import engagements as queries
from domain.texts import COMMENT_LENGTH, DOCUMENT_LENGTH, REASON_LENGTH, TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork

URL_LENGTH = 2_000
MOST_SECONDS = 3_600

DRAFTING = select(Membership.person_id).where(
    Membership.scope_id == bindparam("specification_id"),
    Membership.role.in_((Role.DEVELOPER_LEAD, Role.DEVELOPER)),
)


async def create_engagement(
    uow: UnitOfWork,
    *,
    specification_id: UUID,
    title: str,
    purpose: str,
    briefing: str,
    public: bool,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
) -> UUID:
    """Plan an exercise about a specification; return its id.

    `public` says whether everybody may read it and join, or only those who are added.
    """
    specification = await uow.load(Specification, specification_id, Permission.STEER)
    place = await uow.topic(specification.id)
    engagement = Engagement(
        id=new_id(),
        specification_id=specification.id,
        title=clean(title, "title", limit=TITLE_LENGTH),
        purpose=clean(purpose, "purpose", limit=COMMENT_LENGTH),
        briefing=clean(briefing, "briefing", limit=DOCUMENT_LENGTH, required=False),
        opens_at=None if opens_at is None else moment(opens_at, "opens_at"),
        closes_at=None if closes_at is None else moment(closes_at, "closes_at"),
        created_at=uow.now,
    )
    _require_order(engagement)
    await uow.add(
        uow.open_topic(
            engagement.id, TopicKind.ENGAGEMENT, inside=tuple(place.scopes), public=public
        )
    )
    await uow.add(engagement)
    created = EngagementCreated(engagement_id=engagement.id)
    uow.emit(engagement.id, created)
    # Members of the specification need not be members of the exercise; its moderators always are.
    uow.emit(specification.id, created, EVERYONE if public else MODERATORS)
    drafting = await uow.session.scalars(DRAFTING, {"specification_id": specification.id})
    uow.rights_changed(*drafting)  # they take part in whatever is held about it
    return engagement.id


async def edit_engagement(
    uow: UnitOfWork,
    *,
    engagement_id: UUID,
    title: str,
    purpose: str,
    briefing: str,
    opens_at: datetime | None,
    closes_at: datetime | None,
    expected_revision: int | None,
) -> UUID:
    """Replace the texts and the planned dates of an exercise."""
    engagement = await uow.load(Engagement, engagement_id, Permission.MODERATE)
    uow.expect(engagement, expected_revision)
    engagement.title = clean(title, "title", limit=TITLE_LENGTH)
    engagement.purpose = clean(purpose, "purpose", limit=COMMENT_LENGTH)
    engagement.briefing = clean(briefing, "briefing", limit=DOCUMENT_LENGTH, required=False)
    engagement.opens_at = None if opens_at is None else moment(opens_at, "opens_at")
    engagement.closes_at = None if closes_at is None else moment(closes_at, "closes_at")
    _require_order(engagement)
    engagement.revision += 1
    uow.emit(
        engagement.id,
        EngagementEdited(engagement_id=engagement.id, revision=engagement.revision),
    )
    return engagement.id


async def advance_engagement(
    uow: UnitOfWork,
    *,
    engagement_id: UUID,
    transition: EngagementTransition,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Open an exercise or close it, when nothing is missing for that; see domain.lifecycle.

    Closing it ends its facilitation.
    """
    engagement = await uow.load(Engagement, engagement_id, Permission.VIEW)
    uow.expect(engagement, expected_revision)
    engagement.state = await next_state(uow, ENGAGEMENT, engagement, transition, queries.facts)
    if transition is EngagementTransition.OPEN:
        engagement.opened_at = uow.now
    else:
        engagement.closed_at = uow.now
        await end_facilitation(uow, engagement)
    engagement.revision += 1
    uow.emit(
        engagement.id,
        EngagementAdvanced(
            engagement_id=engagement.id,
            transition=transition,
            state=engagement.state,
            reason=clean(reason, "reason", limit=REASON_LENGTH),
        ),
    )
    return engagement.id


async def set_engagement_slow_mode(uow: UnitOfWork, *, engagement_id: UUID, seconds: int) -> UUID:
    """Let participants comment at most once in so many seconds, moderators as often as they like.

    0 switches it off; repeating it changes nothing.
    """
    engagement = await uow.load(Engagement, engagement_id, Permission.MODERATE)
    require(ENGAGEMENT, engagement.state, NOT_CLOSED, "Setting slow mode")
    require_seconds(seconds)
    if engagement.slow_mode_seconds != seconds:
        engagement.slow_mode_seconds = seconds
        engagement.revision += 1
        uow.emit(
            engagement.id,
            EngagementSlowModeSet(
                engagement_id=engagement.id, seconds=seconds, revision=engagement.revision
            ),
        )
    return engagement.id


async def add_webinar(
    uow: UnitOfWork,
    *,
    engagement_id: UUID,
    title: str,
    starts_at: datetime,
    slides_url: str | None = None,
    recording_url: str | None = None,
) -> UUID:
    """Announce a webinar of an exercise; return its id."""
    engagement = await uow.load(Engagement, engagement_id, Permission.MODERATE)
    webinar = Webinar(
        engagement_id=engagement.id,
        title=clean(title, "title", limit=TITLE_LENGTH),
        starts_at=moment(starts_at, "starts_at"),
        slides_url=_url(slides_url, "slides_url"),
        recording_url=_url(recording_url, "recording_url"),
        created_at=uow.now,
    )
    await uow.add(webinar)
    uow.emit(engagement.id, WebinarAdded(webinar_id=webinar.id))
    return webinar.id


async def edit_webinar(
    uow: UnitOfWork,
    *,
    webinar_id: UUID,
    title: str,
    starts_at: datetime,
    slides_url: str | None,
    recording_url: str | None,
    expected_revision: int | None,
) -> UUID:
    """Replace what is known of a webinar: also after the exercise, when there is a recording."""
    webinar = await uow.load(Webinar, webinar_id, Permission.MODERATE)
    uow.expect(webinar, expected_revision)
    webinar.title = clean(title, "title", limit=TITLE_LENGTH)
    webinar.starts_at = moment(starts_at, "starts_at")
    webinar.slides_url = _url(slides_url, "slides_url")
    webinar.recording_url = _url(recording_url, "recording_url")
    webinar.revision += 1
    uow.emit(webinar.engagement_id, WebinarEdited(webinar_id=webinar.id, revision=webinar.revision))
    return webinar.id


def require_seconds(seconds: int) -> None:
    """Raise Invalid for a time between two comments that slow mode cannot ask for."""
    if not 0 <= seconds <= MOST_SECONDS:
        raise Invalid(
            f"Slow mode is a whole number of seconds from 0 to {MOST_SECONDS:,}; {seconds} is not.",
            ("seconds",),
        )


def moment(value: datetime, *path: str) -> datetime:
    """Return a time as it is; Invalid without a time zone, or in no year from 1 to 9999 in UTC."""
    if value.tzinfo is None:
        raise Invalid(
            f"{'.'.join(path)} has no time zone. Please send a time such as "
            f"{value.isoformat()}Z, which is {value:%H:%M} UTC.",
            path,
        )
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise Invalid(
            f"{'.'.join(path)} is not in a year from 1 to 9999 in UTC. Please send another time.",
            path,
        ) from None
    return value


def _require_order(engagement: Engagement) -> None:
    opens, closes = engagement.opens_at, engagement.closes_at
    if opens is not None and closes is not None and opens >= closes:
        raise Invalid(
            f"The exercise would close on {closes:%d %B %Y at %H:%M %Z} and open only on "
            f"{opens:%d %B %Y at %H:%M %Z}. Please send a later closesAt.",
            ("closes_at",),
        )


def _url(value: str | None, path: str) -> str | None:
    """Return an address that a browser can follow, None for none; Invalid for any other."""
    if value is None:
        return None
    text = clean(value, path, limit=URL_LENGTH)
    try:
        parts = urlsplit(text)
        # The port is parsed only when it is asked for, and may be no number.
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in text):
        raise Invalid(
            f"{text[:100]} is not a web address. Please send one that begins with https://, "
            "such as https://example.org/slides.pdf.",
            (path,),
        )
    return text
