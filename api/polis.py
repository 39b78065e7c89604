"""Reads an exported Polis conversation, refuses it in words, and compares it with what we hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from api.tabular import lines, rows
from domain.commands.ballot_steps import QUESTION_LENGTH
from domain.errors import Invalid
from domain.texts import COMMENT_LENGTH, TITLE_LENGTH, clean

MOST_PROBLEMS = 10
GROUPS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CHOICES = {"1": "AGREE", "-1": "DISAGREE", "0": "PASS"}

# The names that are used, the longest text of each, and whether there must be one.
SUMMARY = (
    ("topic", TITLE_LENGTH, True),
    ("url", TITLE_LENGTH, True),
    ("conversation-description", COMMENT_LENGTH, False),
)
COMMENTS = (
    "timestamp",
    "datetime",
    "comment-id",
    "author-id",
    "agrees",
    "disagrees",
    "moderated",
    "comment-body",
)
VOTES = ("timestamp", "datetime", "comment-id", "voter-id", "vote")
PARTICIPANTS = ("participant", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement to vote on, with how often AGREE and DISAGREE were cast, re-votes included."""

    id: int
    at: int
    text: str
    agrees: int
    disagrees: int
    moderated_out: bool


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant, the letter of their opinion group, and on how many statements they voted.

    `votes` is None for those who are known from their votes alone.
    """

    id: int
    group: str | None
    votes: int | None

    @property
    def group_name(self) -> str:
        """What the constituency of their opinion group is called."""
        return f"Opinion group {self.group}" if self.group else "No opinion group"


@dataclass(frozen=True, slots=True)
class CastVote:
    """One line of votes.csv; `at` is in milliseconds since 1970."""

    line: int
    at: int
    statement: int
    participant: int
    choice: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """An exported conversation: statements and votes in the order of their times."""

    slug: str
    topic: str
    url: str
    description: str
    statements: tuple[Statement, ...]
    participants: tuple[Participant, ...]
    votes: tuple[CastVote, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """What we hold of a conversation, by its own numbers.

    `castings` count every vote cast by statement and choice, `latest` has the choice that counts by
    statement and participant, `tallies` the people per choice of each statement.
    """

    castings: Mapping[tuple[int, str], int]
    latest: Mapping[tuple[int, int], str]
    tallies: Mapping[int, tuple[int | None, ...]]


def read(folder: Path) -> Conversation:
    """Return the conversation in a folder of exported files.

    Raises Invalid with file, line and reason of up to 10 problems.
    """
    if not folder.is_dir():
        raise Invalid(f"There is no folder {folder}.")
    slug = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")[:63]
    if not slug:
        raise Invalid("The name of the folder has no letter and no digit to call the import by.")
    problems: list[str] = []
    statements = _statements(folder, problems)
    # What refers to statements can be judged only when every statement could be read.
    known = None if problems else {str(statement.id) for statement in statements}
    summary = _summary(folder, problems)
    participants = _participants(folder, problems, known)
    votes = _votes(folder, problems, known)
    if problems:
        shown = problems[:MOST_PROBLEMS]
        more = len(problems) - len(shown)
        raise Invalid(
            "\n".join(
                [
                    "Nothing was imported, because these files cannot be used:",
                    *shown,
                    *([f"… and {more:,} more."] if more else []),
                ]
            )
        )
    listed = {participant.id for participant in participants}
    unlisted = {vote.participant for vote in votes} - listed
    participants += [Participant(id, None, None) for id in unlisted]
    return Conversation(
        slug=slug,
        topic=summary["topic"],
        url=summary["url"],
        description=summary["conversation-description"],
        statements=tuple(sorted(statements, key=lambda each: (each.at, each.id))),
        participants=tuple(sorted(participants, key=lambda each: each.id)),
        votes=tuple(sorted(votes, key=lambda each: (each.at, each.line))),
    )


def differences(conversation: Conversation, held: Holding) -> list[str]:
    """Return a sentence for each statement and participant whose numbers are not those exported."""
    found = []
    for statement in conversation.statements:
        exported = (statement.agrees, statement.disagrees)
        cast = tuple(held.castings.get((statement.id, way), 0) for way in ("AGREE", "DISAGREE"))
        if cast != exported:
            found.append(
                f"Statement {statement.id}: {cast[0]} AGREE and {cast[1]} DISAGREE were cast; "
                f"comments.csv says {exported[0]} and {exported[1]}."
            )
    by_statement = Counter((statement, choice) for (statement, _), choice in held.latest.items())
    for id, tally in held.tallies.items():
        latest = tuple(by_statement[id, way] for way in ("AGREE", "DISAGREE", "PASS"))
        if tally != latest:
            found.append(f"Statement {id}: the tally is {tally}, the latest votes are {latest}.")
    by_participant = Counter(participant for _, participant in held.latest)
    found.extend(
        f"Participant {participant.id}: voted on {by_participant[participant.id]} statements; "
        f"participants-votes.csv says {participant.votes}."
        for participant in conversation.participants
        if participant.votes not in (None, by_participant[participant.id])
    )
    return found


def _summary(folder: Path, problems: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    unread = len(problems)
    for line, cells in lines(folder, "summary.csv", problems):
        match cells:
            case [name, value] if name not in found:
                found[name] = value
            case [_, _]:
                problems.append(f"summary.csv, line {line}: {cells[0][:40]!r} is there twice.")
            case _:
                problems.append(
                    f"summary.csv, line {line}: a name and a value belong here, "
                    f"not {len(cells)} fields."
                )
    if len(problems) > unread:
        return found
    for name, limit, required in SUMMARY:
        try:
            found[name] = clean(found.get(name, ""), name, limit=limit, required=required)
        except Invalid as error:
            problems.append(f"summary.csv: {error.message}")
    return found


def _statements(folder: Path, problems: list[str]) -> list[Statement]:
    found = []
    seen: set[int] = set()
    for row in rows(folder, "comments.csv", problems, COMMENTS):
        statement = Statement(
            id=row.number("comment-id"),
            at=row.number("timestamp"),
            text=row.text("comment-body", QUESTION_LENGTH),
            agrees=row.number("agrees"),
            disagrees=row.number("disagrees"),
            moderated_out=row.one_of("moderated", ("1", "0", "-1")) == "-1",
        )
        row.number("author-id")
        if row.sound:
            row.once("comment-id", statement.id, seen)
            found.append(statement)
    return found


def _participants(
    folder: Path, problems: list[str], statements: Collection[str] | None
) -> list[Participant]:
    found = []
    seen: set[int] = set()
    # One column for each statement, but not for every one: those moderated out may lack theirs.
    more = None if statements is None else {"xid", *statements}
    for row in rows(folder, "participants-votes.csv", problems, PARTICIPANTS, more):
        participant = Participant(
            id=row.number("participant"),
            group=GROUPS[row.number("group-id", len(GROUPS) - 1)]
            if row.cells["group-id"]
            else None,
            votes=row.number("n-votes"),
        )
        for column in ("n-comments", "n-agree", "n-disagree"):
            row.number(column)
        for column in statements or ():
            if column in row.cells:
                row.one_of(column, ("", *CHOICES))
        if row.sound:
            row.once("participant", participant.id, seen)
            found.append(participant)
    return found


def _votes(folder: Path, problems: list[str], statements: Collection[str] | None) -> list[CastVote]:
    found = []
    for row in rows(folder, "votes.csv", problems, VOTES):
        vote = CastVote(
            line=row.line,
            at=row.number("timestamp"),
            statement=row.number("comment-id"),
            participant=row.number("voter-id"),
            choice=CHOICES.get(row.one_of("vote", CHOICES), ""),
        )
        if row.sound and statements is not None and str(vote.statement) not in statements:
            row.refuse(f"comments.csv has no comment-id {vote.statement}.")
        if row.sound:
            found.append(vote)
    return found
