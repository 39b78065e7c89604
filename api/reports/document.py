"""The report of an exercise as one JSON document, with the evidence that it can be checked by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from api.reports.notary import Notary
from domain.commands.seals import seal
from domain.consensus.choices import BallotKind, choices
from domain.consensus.results import Consensus, Group
from domain.database import Database
from domain.errors import NotAllowed, NotFound
from domain.evidence import canonical
from domain.models.ballots import Ballot
from domain.models.reports import ReportStatement
from domain.permissions import Viewer
from domain.queries import engagements
from domain.queries.reports import Item, Report, RoundResult, of_engagements
from domain.queries.seals import Chain, Entry, of_streams
from schema.nodes import key

FORMAT = "concordat-report"
VERSION = 1
TEXTS = (
    "panel_selection",
    "consensus_definition",
    "anonymity",
    "feedback",
    "changes",
    "deviations",
    "conflicts_of_interest",
    "funding",
)


def engagement_key(id: str) -> UUID:
    """Return the key of an exercise, from that key itself or from its global id.

    Raises NotFound for anything else.
    """
    try:
        return UUID(id)
    except ValueError:
        return key(id, "id", "Engagement")


async def export(
    database: Database, viewer: Viewer, notary: Notary, engagement_id: UUID
) -> dict[str, Any]:
    """Return the report as a viewer may read it, sealed and signed.

    The same report is the same document, until something happens in the exercise. Raises NotFound,
    and NotAllowed for an exercise that is not closed to those who do not moderate it.
    """
    async with database.snapshot() as session:
        [report] = await of_engagements(session, viewer, [engagement_id])
        [engagement] = await engagements.by_ids(session, viewer, [engagement_id])
    if engagement is None:
        raise NotFound("There is no engagement exercise with this id that you may see.")
    if report is None:
        raise NotAllowed("The report of an exercise is for its moderators, until it is closed.")
    ends = {(each.topic_id, each.audience): each.sequence for each in report.streams}
    await seal(database, ends, notary.sign)
    async with database.read() as session:
        chains = await of_streams(session, report.streams)
    document = {
        **_report(report),
        "as_of": _time(max((each.at for chain in chains for each in chain.seals), default=None)),
        "evidence": {"key": notary.public, "chains": _chains(chains)},
    }
    digest = sha256(canonical(document)).hexdigest()
    return {**document, "signature": notary.sign({"sha256": digest})}


def _report(report: Report) -> dict[str, Any]:
    engagement, statement = report.engagement, report.statement
    return {
        "format": FORMAT,
        "version": VERSION,
        "exercise": {
            "id": str(engagement.id),
            "title": engagement.title,
            "specification": report.specification_title,
            "purpose": engagement.purpose,
            "state": engagement.state.value,
            "opened_at": _time(engagement.opened_at),
            "closed_at": _time(engagement.closed_at),
        },
        "statement": None if statement is None else _statement(statement),
        "panel": [
            {
                "constituency": str(each.constituency.id),
                "label": each.constituency.name,
                "kind": each.constituency.kind.value,
                "stakeholders": each.stakeholders,
                "organisations": each.organisations,
            }
            for each in report.panel
        ],
        "items": [_item(each) for each in report.items],
        "discussions": [
            {
                "subject": each.subject_kind.value,
                "threads": each.threads,
                "comments": each.comments,
                "people": each.people,
            }
            for each in report.discussions
        ],
        "dispositions": [
            {
                "thread": str(each.thread.id),
                "subject": each.thread.subject_kind.value,
                "themes": [theme.name for theme in each.themes],
                "kind": each.disposition.kind.value,
                "reason": each.disposition.reason,
                "change": each.disposition.change,
                "decided_at": _time(each.disposition.decided_at),
            }
            for each in report.dispositions
        ],
    }


def _statement(statement: ReportStatement) -> dict[str, Any]:
    return {
        "revision": statement.revision,
        "stated_at": _time(statement.created_at),
        **{name: getattr(statement, name) for name in TEXTS},
    }


def _item(item: Item) -> dict[str, Any]:
    ballot = item.ballot
    result = None if item.standing is None else item.standing.consensus
    return {
        "ballot": str(ballot.id),
        "topic": str(ballot.topic_id),
        "roundtable": item.roundtable_title,
        "question": ballot.question,
        "kind": ballot.kind.value,
        "state": ballot.state.value,
        "state_reason": ballot.state_reason,
        "decision": ballot.decision,
        "visibility": ballot.visibility.value,
        "votes_by": ballot.votes_by.value,
        "consolidated_views": item.consolidated_views,
        "secrecy": ballot.secrecy.value,
        "reason_policy": ballot.reason_policy.value,
        "most_rounds": ballot.most_rounds,
        "feedback": ballot.feedback.value,
        "rule": ballot.rule,
        "rule_hash": ballot.rule_hash,
        "fixed_at": _time(item.fixed_at),
        "opened_at": _time(ballot.opened_at),
        "closed_at": _time(ballot.closed_at),
        "options": list(ballot.options),
        "choices": _choices(ballot),
        **result_of(result),
        "rounds": [_round(each) for each in item.rounds],
    }


def _choices(ballot: Ballot) -> list[str]:
    """Return what each of the counts of a group counts: a choice, an option, or a preference."""
    match ballot.kind:
        case BallotKind.MULTIPLE_CHOICE:
            return list(ballot.options)
        case BallotKind.RANKING:
            return [
                f"{one} (ranked)" if one == other else f"{one} rather than {other}"
                for one in ballot.options
                for other in ballot.options
            ]
        case _:
            return list(choices(ballot.kind))


def _round(result: RoundResult) -> dict[str, Any]:
    round_, still = result.round, result.stability
    return {
        "number": round_.number,
        "question": round_.question,
        "opened_at": _time(round_.opened_at),
        "closed_at": _time(round_.closed_at),
        "disposition": None if round_.disposition is None else round_.disposition.value,
        "disposition_reason": round_.reason,
        **result_of(result.consensus),
        "stability": None if still is None else asdict(still),
    }


def result_of(result: Consensus | None) -> dict[str, Any]:
    """Return what a ballot or a round came to: nothing where that is not told."""
    if result is None:
        return {
            "status": None,
            "reasons": [],
            "turnout": None,
            "open_objections": None,
            "suppressed": False,
            "groups": [],
        }
    groups = [] if result.overall is None else [result.overall]
    return {
        "status": result.status.value,
        "reasons": list(result.reasons),
        "turnout": asdict(result.turnout),
        "open_objections": asdict(result.open_objections),
        "suppressed": result.suppressed,
        "groups": [_group(each) for each in (*groups, *result.by_constituency)],
    }


def _group(group: Group) -> dict[str, Any]:
    return {**asdict(group), "status": group.status.value}


def _chains(chains: Sequence[Chain]) -> list[dict[str, Any]]:
    return [
        {
            "topic": str(chain.stream.topic_id),
            "audience": chain.stream.audience.value,
            "end": chain.stream.sequence,
            "entries": [_entry(each) for each in chain.entries],
            "seals": [seal.signature for seal in chain.seals],
        }
        for chain in chains
    ]


def _entry(entry: Entry) -> dict[str, Any]:
    plain: dict[str, Any] = {"sequence": entry.sequence, "digest": entry.digest.hex()}
    if entry.erased:
        return {**plain, "erased": True}
    if entry.salt is None:
        return plain
    return {**plain, "salt": entry.salt.hex(), "fact": entry.fact}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
