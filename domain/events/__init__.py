"""What happened, in the past tense: one frozen dataclass per fact, stored as plain JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.events.event import (
    EVERYONE,
    KINDS,
    MEMBERS,
    MODERATORS,
    Event,
    about,
    dump,
    subject_of,
)

__all__ = [
    "EVERYONE",
    "KINDS",
    "MEMBERS",
    "MODERATORS",
    "Event",
    "approvals",
    "cycles",
    "delivery_plans",
    "dump",
    "endorsements",
    "evaluations",
    "implementation_plans",
    "periodic_reviews",
    "proposals",
    "resource_selections",
    "subject_of",
]


@about("organisation_id")
@dataclass(frozen=True, kw_only=True)
class OrganisationAdded(Event):
    """An organisation was entered in the register."""

    organisation_id: UUID


@about("organisation_id")
@dataclass(frozen=True, kw_only=True)
class OrganisationEdited(Event):
    """An organisation's entry was changed."""

    organisation_id: UUID
    revision: int


@about("profession_id")
@dataclass(frozen=True, kw_only=True)
class ProfessionAdded(Event):
    """A profession was entered in the register."""

    profession_id: UUID


@about("person_id")
@dataclass(frozen=True, kw_only=True)
class PersonAdded(Event):
    """A person was entered in the register."""

    person_id: UUID


@about("person_id")
@dataclass(frozen=True, kw_only=True)
class PersonEdited(Event):
    """A person's entry was changed."""

    person_id: UUID
    revision: int


@about("person_id")
@dataclass(frozen=True, kw_only=True)
class RoleGranted(Event):
    """A person was given a role, in a scope or in the whole body."""

    person_id: UUID
    role: str
    scope_kind: str
    scope_id: UUID | None


@about("person_id")
@dataclass(frozen=True, kw_only=True)
class RoleWithdrawn(Event):
    """A role of a person was withdrawn."""

    person_id: UUID
    role: str
    scope_kind: str
    scope_id: UUID | None


@about("person_id")
@dataclass(frozen=True, kw_only=True)
class SignedOutEverywhere(Event):
    """All sessions of a person were ended."""

    person_id: UUID


@about("person_id")
@dataclass(frozen=True, kw_only=True)
class RightsChanged(Event):
    """What a person may see or do has changed; only processes are told, of whom they serve."""

    person_id: UUID


@about("criterion_id")
@dataclass(frozen=True, kw_only=True)
class CriterionRevised(Event):
    """A criterion got a new version, which is in force from now on."""

    criterion_id: UUID
    number: int
    version: int


@about("credential_id")
@dataclass(frozen=True, kw_only=True)
class CredentialCreated(Event):
    """A credential was created."""

    credential_id: UUID
    title: str


@about("credential_id")
@dataclass(frozen=True, kw_only=True)
class CredentialRetitled(Event):
    """A credential got another title; the old one stays in its history."""

    credential_id: UUID
    title: str
    reason: str


@about("credential_id")
@dataclass(frozen=True, kw_only=True)
class CredentialLinked(Event):
    """A credential was related to another one."""

    credential_id: UUID
    other_id: UUID
    link: str


@about("credential_id")
@dataclass(frozen=True, kw_only=True)
class CredentialUnlinked(Event):
    """A relation between two credentials was removed."""

    credential_id: UUID
    other_id: UUID


@about("specification_id")
@dataclass(frozen=True, kw_only=True)
class SpecificationCreated(Event):
    """A new version of a credential's specification was begun."""

    specification_id: UUID


@about("specification_id")
@dataclass(frozen=True, kw_only=True)
class SpecificationEdited(Event):
    """The title, the summary or the target professions of a specification were changed."""

    specification_id: UUID
    revision: int


@about("specification_id")
@dataclass(frozen=True, kw_only=True)
class SpecificationAdvanced(Event):
    """A specification took a step of its life."""

    specification_id: UUID
    transition: str
    state: str
    reason: str


@about("section_id")
@dataclass(frozen=True, kw_only=True)
class SectionAdded(Event):
    """A section was added to a specification."""

    section_id: UUID
    position: int
    heading: str


@about("section_id")
@dataclass(frozen=True, kw_only=True)
class SectionEdited(Event):
    """The heading of a section was changed."""

    section_id: UUID
    heading: str
    revision: int


@about("section_id")
@dataclass(frozen=True, kw_only=True)
class SectionMoved(Event):
    """A section was moved to another place."""

    section_id: UUID
    position: int


@about("specification_id")
@dataclass(frozen=True, kw_only=True)
class SectionRemoved(Event):
    """A section was removed with its blocks."""

    specification_id: UUID
    section_id: UUID
    heading: str


@about("block_id")
@dataclass(frozen=True, kw_only=True)
class BlockAdded(Event):
    """A block was added to a section."""

    block_id: UUID
    section_id: UUID
    position: int
    block_kind: str
    text: str


@about("block_id")
@dataclass(frozen=True, kw_only=True)
class BlockEdited(Event):
    """The text of a block was changed."""

    block_id: UUID
    text: str
    revision: int


@about("block_id")
@dataclass(frozen=True, kw_only=True)
class BlockMoved(Event):
    """A block was moved to another place, perhaps in another section."""

    block_id: UUID
    section_id: UUID
    position: int


@about("section_id")
@dataclass(frozen=True, kw_only=True)
class BlockRemoved(Event):
    """A block was removed from a section."""

    section_id: UUID
    block_id: UUID
    text: str


@about("specification_id")
@dataclass(frozen=True, kw_only=True)
class SpecificationRevisionNamed(Event):
    """The text of a specification, as it stood, was kept as a named revision."""

    specification_id: UUID
    specification_revision_id: UUID
    number: int
    name: str
    content_hash: str


@about("engagement_id")
@dataclass(frozen=True, kw_only=True)
class EngagementCreated(Event):
    """An engagement exercise was planned."""

    engagement_id: UUID


@about("engagement_id")
@dataclass(frozen=True, kw_only=True)
class EngagementEdited(Event):
    """The texts or dates of an engagement exercise were changed."""

    engagement_id: UUID
    revision: int


@about("engagement_id")
@dataclass(frozen=True, kw_only=True)
class EngagementAdvanced(Event):
    """An engagement exercise was opened or closed."""

    engagement_id: UUID
    transition: str
    state: str
    reason: str


@about("engagement_id")
@dataclass(frozen=True, kw_only=True)
class EngagementSlowModeSet(Event):
    """Slow mode of an exercise was set to so many seconds, or switched off by 0."""

    engagement_id: UUID
    seconds: int
    revision: int


@about("report_statement_id")
@dataclass(frozen=True, kw_only=True)
class ReportStated(Event):
    """What the report of an exercise says beside its figures was written, or written anew."""

    report_statement_id: UUID
    engagement_id: UUID
    revision: int


@about("webinar_id")
@dataclass(frozen=True, kw_only=True)
class WebinarAdded(Event):
    """A webinar was announced."""

    webinar_id: UUID


@about("webinar_id")
@dataclass(frozen=True, kw_only=True)
class WebinarEdited(Event):
    """A webinar was changed, or got its slides or recording."""

    webinar_id: UUID
    revision: int


@about("constituency_id")
@dataclass(frozen=True, kw_only=True)
class ConstituencyDeclared(Event):
    """A constituency was declared."""

    constituency_id: UUID
    name: str


@about("stakeholder_id")
@dataclass(frozen=True, kw_only=True)
class StakeholderAdded(Event):
    """A person became a stakeholder of an exercise."""

    stakeholder_id: UUID
    person_id: UUID
    constituency_id: UUID


@about("engagement_id")
@dataclass(frozen=True, kw_only=True)
class StakeholderRemoved(Event):
    """A person's part in an exercise ended."""

    engagement_id: UUID
    stakeholder_id: UUID
    person_id: UUID
    reason: str


@about("roundtable_id")
@dataclass(frozen=True, kw_only=True)
class RoundtableCreated(Event):
    """A roundtable was planned."""

    roundtable_id: UUID


@about("roundtable_id")
@dataclass(frozen=True, kw_only=True)
class RoundtableEdited(Event):
    """The texts or the time of a roundtable were changed."""

    roundtable_id: UUID
    revision: int


@about("roundtable_id")
@dataclass(frozen=True, kw_only=True)
class RoundtableAdvanced(Event):
    """A roundtable was opened or closed."""

    roundtable_id: UUID
    transition: str
    state: str
    reason: str


@about("invitation_id")
@dataclass(frozen=True, kw_only=True)
class InvitationSent(Event):
    """A stakeholder was invited to a roundtable."""

    invitation_id: UUID
    roundtable_id: UUID
    person_id: UUID


@about("invitation_id")
@dataclass(frozen=True, kw_only=True)
class InvitationAnswered(Event):
    """An invitation was accepted, declined or withdrawn."""

    invitation_id: UUID
    state: str


@about("roundtable_id")
@dataclass(frozen=True, kw_only=True)
class SlowModeSet(Event):
    """Slow mode of a roundtable was set to so many seconds, or switched off by 0."""

    roundtable_id: UUID
    seconds: int
    revision: int


@about("agenda_item_id")
@dataclass(frozen=True, kw_only=True)
class AgendaItemAdded(Event):
    """An item was added to the agenda of a roundtable."""

    agenda_item_id: UUID
    position: int
    title: str


@about("agenda_item_id")
@dataclass(frozen=True, kw_only=True)
class AgendaItemEdited(Event):
    """The title or the planned minutes of an agenda item were changed."""

    agenda_item_id: UUID
    revision: int


@about("agenda_item_id")
@dataclass(frozen=True, kw_only=True)
class AgendaItemMoved(Event):
    """An agenda item was moved to another place."""

    agenda_item_id: UUID
    position: int


@about("roundtable_id")
@dataclass(frozen=True, kw_only=True)
class AgendaItemRemoved(Event):
    """An item was removed from the agenda of a roundtable."""

    roundtable_id: UUID
    agenda_item_id: UUID
    title: str


@about("roundtable_id")
@dataclass(frozen=True, kw_only=True)
class ClockAdvanced(Event):
    """The clock of a roundtable was started, paused, ended, or went on to the next item."""

    roundtable_id: UUID
    transition: str
    state: str
    agenda_item_id: UUID | None


@about("person_id")
@dataclass(frozen=True, kw_only=True)
class FacilitatorPlaced(Event):
    """A person got a place in the rotation of facilitators, or another one."""

    topic_id: UUID
    person_id: UUID
    position: int


@about("person_id")
@dataclass(frozen=True, kw_only=True)
class FacilitatorRemoved(Event):
    """A person takes turns in facilitating no more."""

    topic_id: UUID
    person_id: UUID


@about("person_id")
@dataclass(frozen=True, kw_only=True)
class FacilitationHandedOver(Event):
    """A person facilitates from now on, and whoever did so before does no more."""

    topic_id: UUID
    person_id: UUID
    previous_id: UUID | None


@about("person_id")
@dataclass(frozen=True, kw_only=True)
class FacilitationEnded(Event):
    """A person facilitates no more, and nobody else does."""

    topic_id: UUID
    person_id: UUID


@about("floor_request_id")
@dataclass(frozen=True, kw_only=True)
class FloorRequested(Event):
    """Somebody asked for the floor of a roundtable."""

    floor_request_id: UUID
    person_id: UUID
    about: str


@about("floor_request_id")
@dataclass(frozen=True, kw_only=True)
class FloorRequestWithdrawn(Event):
    """Somebody left the speaking queue without having had the floor."""

    floor_request_id: UUID
    person_id: UUID


@about("floor_request_id")
@dataclass(frozen=True, kw_only=True)
class FloorGiven(Event):
    """Somebody was given the floor."""

    floor_request_id: UUID
    person_id: UUID


@about("floor_request_id")
@dataclass(frozen=True, kw_only=True)
class FloorEnded(Event):
    """Whoever had the floor has finished."""

    floor_request_id: UUID
    person_id: UUID


@about("thread_id")
@dataclass(frozen=True, kw_only=True)
class ThreadOpened(Event):
    """A thread was opened; its first comment follows."""

    thread_id: UUID
    subject_kind: str
    subject_id: UUID


@about("thread_id")
@dataclass(frozen=True, kw_only=True)
class ThreadResolved(Event):
    """A thread was resolved."""

    thread_id: UUID
    revision: int


@about("thread_id")
@dataclass(frozen=True, kw_only=True)
class ThreadReopened(Event):
    """A resolved thread was opened again."""

    thread_id: UUID
    revision: int


@about("thread_id")
@dataclass(frozen=True, kw_only=True)
class ThreadPinned(Event):
    """A thread was pinned to the top, or taken from there."""

    thread_id: UUID
    pinned: bool
    moderation_decision_id: UUID
    revision: int


@about("thread_id")
@dataclass(frozen=True, kw_only=True)
class ThreadLocked(Event):
    """A thread was locked, so that it takes no more comments, or opened to them again."""

    thread_id: UUID
    locked: bool
    moderation_decision_id: UUID
    revision: int


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class CommentAdded(Event):
    """A comment was written, or separated from a longer one by a moderator."""

    comment_id: UUID
    thread_id: UUID
    reply_to_id: UUID | None
    split_from_id: UUID | None = None
    body: str


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class CommentEdited(Event):
    """The words of a comment were changed by its author."""

    comment_id: UUID
    thread_id: UUID
    body: str
    revision: int


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class CommentHidden(Event):
    """A comment was hidden, with a reason that its author is told."""

    comment_id: UUID
    thread_id: UUID
    ground: str
    reason: str
    moderation_decision_id: UUID
    revision: int


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class CommentShown(Event):
    """A hidden comment was made visible again."""

    comment_id: UUID
    thread_id: UUID
    reason: str
    moderation_decision_id: UUID
    revision: int


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class CommentFlagged(Event):
    """Somebody asked the moderators to look at a comment."""

    comment_id: UUID
    thread_id: UUID
    flag_id: UUID
    reason: str


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class CommentKept(Event):
    """Moderators looked at a flagged comment, and it stays as it is."""

    comment_id: UUID
    thread_id: UUID
    moderation_decision_id: UUID
    revision: int


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class CommentMerged(Event):
    """A comment was merged into another one, which is shown in its place."""

    comment_id: UUID
    thread_id: UUID
    into_id: UUID
    moderation_decision_id: UUID
    revision: int


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class CommentUnmerged(Event):
    """A comment that had been merged stands on its own again."""

    comment_id: UUID
    thread_id: UUID
    moderation_decision_id: UUID
    revision: int


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class CommentSplit(Event):
    """A comment was split into parts, each of which is added as a comment."""

    comment_id: UUID
    thread_id: UUID
    moderation_decision_id: UUID
    revision: int


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class CommentUnsplit(Event):
    """A comment that had been split stands again in the place of its parts."""

    comment_id: UUID
    thread_id: UUID
    moderation_decision_id: UUID
    revision: int


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class CommentWithdrawn(Event):
    """A part of a comment is no more, because the comment stands in its place again."""

    comment_id: UUID
    thread_id: UUID
    revision: int


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class CommentMoved(Event):
    """A comment was moved to another thread, `thread_id`."""

    comment_id: UUID
    thread_id: UUID
    from_thread_id: UUID
    moderation_decision_id: UUID
    revision: int


@about("words_id")
@dataclass(frozen=True, kw_only=True)
class WordsFlagged(Event):
    """Somebody asked the moderators to look at words that are no comment."""

    words_kind: str
    words_id: UUID
    flag_id: UUID
    reason: str


@about("words_id")
@dataclass(frozen=True, kw_only=True)
class WordsKept(Event):
    """Moderators looked at flagged words that are no comment, and they stay as they are."""

    words_kind: str
    words_id: UUID
    moderation_decision_id: UUID


@about("words_id")
@dataclass(frozen=True, kw_only=True)
class WordsHidden(Event):
    """Words that are no comment were hidden."""

    words_kind: str
    words_id: UUID
    ballot_id: UUID | None = None
    vote_id: UUID | None = None
    ground: str
    moderation_decision_id: UUID


@about("words_id")
@dataclass(frozen=True, kw_only=True)
class WordsShown(Event):
    """Hidden words that are no comment were made visible again."""

    words_kind: str
    words_id: UUID
    ballot_id: UUID | None = None
    vote_id: UUID | None = None
    moderation_decision_id: UUID


@about("moderation_decision_id")
@dataclass(frozen=True, kw_only=True)
class ModerationDecided(Event):
    """A moderator decided on what the person whose topic this is wrote."""

    moderation_decision_id: UUID
    action: str


@about("appeal_id")
@dataclass(frozen=True, kw_only=True)
class AppealMade(Event):
    """Somebody appealed against a decision on their words."""

    appeal_id: UUID
    moderation_decision_id: UUID
    words: str


@about("appeal_id")
@dataclass(frozen=True, kw_only=True)
class AppealAnswered(Event):
    """An appeal was answered by another moderator."""

    appeal_id: UUID
    moderation_decision_id: UUID
    outcome: str
    answer: str
    revision: int


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class ReactionAdded(Event):
    """Somebody reacted to a comment."""

    comment_id: UUID
    thread_id: UUID
    reaction: str


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class ReactionRemoved(Event):
    """Somebody took a reaction back."""

    comment_id: UUID
    thread_id: UUID
    reaction: str


@about("comment_id")
@dataclass(frozen=True, kw_only=True)
class Mentioned(Event):
    """A comment named the person whose topic this is."""

    comment_id: UUID
    thread_id: UUID


@about("theme_id")
@dataclass(frozen=True, kw_only=True)
class ThemeAdded(Event):
    """A theme of an exercise was named."""

    theme_id: UUID
    name: str


@about("theme_id")
@dataclass(frozen=True, kw_only=True)
class ThemeEdited(Event):
    """A theme was given another name."""

    theme_id: UUID
    name: str
    revision: int


@about("thread_id")
@dataclass(frozen=True, kw_only=True)
class ThemeAssigned(Event):
    """A thread was said to be about a theme, or no more."""

    thread_id: UUID
    theme_id: UUID
    assigned: bool


@about("thread_id")
@dataclass(frozen=True, kw_only=True)
class DispositionSet(Event):
    """What is done with what a thread asks for was decided, or decided anew."""

    thread_id: UUID
    disposition_id: UUID
    number: int
    disposition: str
    reason: str
    revision: int


@about("engagement_id")
@dataclass(frozen=True, kw_only=True)
class ResponsePublished(Event):
    """What an exercise answers to each comment was published."""

    engagement_id: UUID
    response_id: UUID
    version: int
    reason: str


@about("engagement_id")
@dataclass(frozen=True, kw_only=True)
class ResponseCorrected(Event):
    """A published response was corrected in what it says of one thread."""

    engagement_id: UUID
    response_id: UUID
    version: int
    thread_id: UUID
    reason: str


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class BallotDrafted(Event):
    """A ballot was drafted."""

    ballot_id: UUID


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class BallotEdited(Event):
    """A draft ballot was changed."""

    ballot_id: UUID
    revision: int


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class BallotOpened(Event):
    """A ballot was opened to its electorate."""

    ballot_id: UUID
    eligible: dict[str, int]


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class ElectorAdded(Event):
    """Somebody who joined was entered in the electorate of an open ballot."""

    ballot_id: UUID
    person_id: UUID
    constituency_id: UUID


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class ElectorRecused(Event):
    """An elector of an open ballot is recused by an interest, and their vote does not count.

    `choice` or `options` are what they had voted, where those who read this may see it.
    """

    ballot_id: UUID
    person_id: UUID
    constituency_id: UUID
    choice: int | None
    options: list[int] | None


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class ElectorReadmitted(Event):
    """An elector is recused no more, and what they had voted counts again."""

    ballot_id: UUID
    person_id: UUID
    constituency_id: UUID
    choice: int | None
    options: list[int] | None


@about("interest_id")
@dataclass(frozen=True, kw_only=True)
class InterestDeclared(Event):
    """Somebody declared an interest in what is decided."""

    interest_id: UUID
    mitigation: str
    subject_kind: str | None
    subject_id: UUID | None


@about("interest_id")
@dataclass(frozen=True, kw_only=True)
class InterestWithdrawn(Event):
    """Somebody withdrew an interest of theirs."""

    interest_id: UUID


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class BallotClosed(Event):
    """A ballot was closed; `outcome` is what it came to."""

    ballot_id: UUID
    outcome: dict[str, Any]
    reason: str


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class BallotScheduled(Event):
    """A ballot was announced, which is opened when its time comes."""

    ballot_id: UUID
    reason: str


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class BallotAdvanced(Event):
    """A ballot was deferred, resumed or cancelled."""

    ballot_id: UUID
    transition: str
    state: str
    reason: str


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class BallotExtended(Event):
    """A ballot got a later deadline, an ISO 8601 time in UTC."""

    ballot_id: UUID
    closes_at: str
    reason: str


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class BallotDecided(Event):
    """It was decided what follows from the outcome of a ballot."""

    ballot_id: UUID
    decision: str
    reason: str


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class RoundClosed(Event):
    """A round of a ballot ended; `outcome` is what it came to, for those who may know it."""

    ballot_id: UUID
    number: int
    outcome: dict[str, Any] | None
    reason: str


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class RoundOpened(Event):
    """The next round of a ballot began, for which everybody votes anew.

    `disposition` says what became of the item after the round before, `reason` why.
    """

    ballot_id: UUID
    number: int
    question: str
    disposition: str
    reason: str


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class VotesMadeStale(Event):
    """What a ballot is about was changed; the votes of this round count when they are cast again.

    `subject_revision` is the revision (of a criterion, the version) that it is about now.
    """

    ballot_id: UUID
    subject_revision: int | None


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class ElectorsReminded(Event):
    """The electors of a ballot who have not voted were reminded; whoever they are."""

    ballot_id: UUID


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class BallotDropped(Event):
    """The item of a ballot was dropped after a round; `outcome` is what that came to."""

    ballot_id: UUID
    outcome: dict[str, Any]
    reason: str


@about("vote_id")
@dataclass(frozen=True, kw_only=True)
class VoteCast(Event):
    """A vote was cast or changed, where those who read this may see it.

    `choice` and `previous` are ordinals in the choices of the ballot's kind, and where the ballot
    lists options `options` and `previous_options` are theirs, so that folding these events gives
    the tallies at any sequence; what is previous is what counted until now in this round. Where
    somebody else cast it, who did is the actor, and `voter_id` is whose vote it is.
    """

    vote_id: UUID
    ballot_id: UUID
    constituency_id: UUID
    choice: int | None
    previous: int | None
    options: list[int] | None
    previous_options: list[int] | None
    voter_id: UUID | None
    rationale: str
    revision: int
    round: int


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class VoteReceived(Event):
    """A vote was cast or changed in a blind ballot: that it was, not what it says.

    `first` says that none of this person counted until now in this round.
    Where somebody else cast it, `voter_id` is whose vote it is. Of a secret ballot it is stored
    without its actor and its constituency.
    """

    ballot_id: UUID
    constituency_id: UUID | None = None
    voter_id: UUID | None = None
    first: bool
    round: int


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class ProxyNamed(Event):
    """An elector let another one cast their vote, in place of anybody named before."""

    ballot_id: UUID
    person_id: UUID
    proxy_id: UUID


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class ProxyWithdrawn(Event):
    """An elector took back that another one may cast their vote."""

    ballot_id: UUID
    person_id: UUID
    proxy_id: UUID


@about("view_id")
@dataclass(frozen=True, kw_only=True)
class ViewGiven(Event):
    """A member told their organisation what its position should be, or said it anew.

    Material edits, and the next round, leave no view standing that was given before.
    """

    view_id: UUID
    ballot_id: UUID
    organisation_id: UUID
    round: int
    choice: int | None
    options: list[int] | None
    rationale: str
    revision: int


@about("view_id")
@dataclass(frozen=True, kw_only=True)
class ViewWithdrawn(Event):
    """A member's view stands no more: they withdrew it, or an interest of theirs does."""

    view_id: UUID
    ballot_id: UUID
    organisation_id: UUID
    round: int
    revision: int


@about("objection_id")
@dataclass(frozen=True, kw_only=True)
class ObjectionRaised(Event):
    """An elector objected to what a ballot asks."""

    objection_id: UUID
    ballot_id: UUID
    constituency_id: UUID
    safety: bool
    body: str


@about("objection_id")
@dataclass(frozen=True, kw_only=True)
class ObjectionAdvanced(Event):
    """An objection was judged, settled or withdrawn."""

    objection_id: UUID
    ballot_id: UUID
    transition: str
    state: str
    reason: str


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class ObjectionReceived(Event):
    """An objection was raised or withdrawn in a blind ballot: that one was, not what it says."""

    ballot_id: UUID


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class PaperTaken(Event):
    """An elector took the paper of an unlinkable ballot; whoever it was is not said."""

    ballot_id: UUID


@about("ballot_id")
@dataclass(frozen=True, kw_only=True)
class ConsensusReleased(Event):
    """The result of an open secret ballot was released anew, with what is not small of it."""

    ballot_id: UUID
    number: int


@about("delivery_plan_id")
@dataclass(frozen=True, kw_only=True)
class DeliveryPlanDrafted(Event):
    """A provider began a delivery plan."""

    delivery_plan_id: UUID


@about("delivery_plan_id")
@dataclass(frozen=True, kw_only=True)
class DeliveryPlanEdited(Event):
    """The texts of a delivery plan were changed."""

    delivery_plan_id: UUID
    revision: int


@about("delivery_plan_id")
@dataclass(frozen=True, kw_only=True)
class DeliveryPlanAdvanced(Event):
    """A delivery plan took a step of its life."""

    delivery_plan_id: UUID
    transition: str
    state: str
    reason: str


@about("module_id")
@dataclass(frozen=True, kw_only=True)
class ModuleAdded(Event):
    """A module was added to a delivery plan."""

    module_id: UUID
    position: int


@about("module_id")
@dataclass(frozen=True, kw_only=True)
class ModuleEdited(Event):
    """A module, or the learning outcomes that it covers, were changed."""

    module_id: UUID
    revision: int


@about("delivery_plan_id")
@dataclass(frozen=True, kw_only=True)
class ModuleRemoved(Event):
    """A module was removed from a delivery plan."""

    delivery_plan_id: UUID
    module_id: UUID
    title: str


from domain.events import (  # noqa: E402
    approvals,
    cycles,
    delivery_plans,
    endorsements,
    evaluations,
    implementation_plans,
    periodic_reviews,
    proposals,
    resource_selections,
)
