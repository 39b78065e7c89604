"""The board in a terminal: the same subscription as any client's, drawn with rich."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live as Screen
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from api.live import Data, Refused, Tell, connect, follow
from api.settings import SettingsError

COMMENTS = 6
BALLOTS = 4
BAR = 28
LOW = 3  # the lowest third of ratings is against

ACTIVITY = """
subscription Watch($topic: ID!, $after: String) {
  activity(topicId: $topic, after: $after) {
    __typename
    ... on Reset { message }
    ... on ActivitySnapshot {
      cursor
      sequence
      topic {
        ... on Engagement {
          title
          constituencies { id name }
          stakeholders(first: 100) { nodes { person { id } constituency { name } } }
          ballots(last: 30) { nodes { ...BallotParts } }
          threads(last: 20) { nodes { comments(last: 20) { nodes { ...CommentParts } } } }
        }
      }
    }
    ... on ActivityEvent {
      cursor
      sequence
      subject {
        __typename
        ... on Ballot { ...BallotParts }
        ... on Vote { ballot { ...BallotParts } }
        ... on Comment { ...CommentParts }
      }
    }
  }
}
fragment BallotParts on Ballot {
  id
  question
  state
  rule { parameters { name number } }
  consensus {
    status
    reasons
    turnout { voted eligible }
    overall { ...GroupParts }
    byConstituency { ...GroupParts }
  }
}
fragment GroupParts on GroupConsensus {
  constituency { id }
  status
  counts { choice rating count }
  inFavour
  of
}
fragment CommentParts on Comment { id body createdAt author { id name } }
"""
PRESENCE = """
subscription Here($topic: ID!) {
  presence(topicId: $topic) {
    __typename
    ... on PresenceSnapshot { entries { ...EntryParts } }
    ... on PresenceChange { move entry { ...EntryParts } }
  }
}
fragment EntryParts on PresenceEntry { connectionId person { id name } typing handRaised }
"""
STYLES = {
    "CONSENSUS": "bold green",
    "CONSENSUS_WITH_DISSENT": "bold yellow",
    "CONSENSUS_AGAINST": "bold yellow",
    "NO_CONSENSUS": "bold",
    "NOT_ENOUGH_VOTES": "dim",
}
DISSENTING = {"NO_CONSENSUS", "CONSENSUS_AGAINST"}


@dataclass
class Board:
    """What a watcher knows of an exercise: folded from messages, drawn at any moment."""

    connection: str = "connecting"
    title: str = ""
    sequence: int = 0
    events: int = 0
    gaps: int = 0
    constituencies: dict[str, str] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    ballots: dict[str, Data] = field(default_factory=dict)
    comments: dict[str, Data] = field(default_factory=dict)
    here: dict[tuple[str, str], Data] = field(default_factory=dict)

    def take(self, message: Data) -> None:
        """Fold a message of `activity` in: a snapshot, an event or a reset."""
        match message["__typename"]:
            case "ActivitySnapshot":
                self._begin(message["topic"])
            case "ActivityEvent":
                self.events += 1
                self.gaps += message["sequence"] != self.sequence + 1
                self._learn(message["subject"] or {"__typename": ""})
            case _:
                return  # a snapshot follows a reset
        self.sequence = message["sequence"]

    def meet(self, message: Data) -> None:
        """Fold a message of `presence` in."""
        if message["__typename"] == "PresenceSnapshot":
            self.here = {_window(entry): entry for entry in message["entries"]}
        elif message["move"] == "LEFT":
            self.here.pop(_window(message["entry"]), None)
        else:
            self.here[_window(message["entry"])] = message["entry"]

    def _begin(self, topic: Data) -> None:
        self.title = topic["title"]
        self.constituencies = {each["id"]: each["name"] for each in topic["constituencies"]}
        self.parts = {
            each["person"]["id"]: (each["constituency"] or {}).get("name", "")
            for each in topic["stakeholders"]["nodes"]
        }
        self.ballots = {each["id"]: each for each in topic["ballots"]["nodes"]}
        threads = topic["threads"]["nodes"]
        comments = [each for thread in threads for each in thread["comments"]["nodes"]]
        comments.sort(key=lambda each: each["createdAt"])
        self.comments = {each["id"]: each for each in comments}

    def _learn(self, subject: Data) -> None:
        match subject["__typename"]:
            case "Ballot":
                self.ballots[subject["id"]] = subject
            case "Vote" if subject["ballot"]:
                self.ballots[subject["ballot"]["id"]] = subject["ballot"]
            case "Comment":
                self.comments[subject["id"]] = subject

    def __rich__(self) -> RenderableType:
        """Draw the board."""
        shown = [each for each in self.ballots.values() if each["state"] == "OPEN"][:BALLOTS]
        grid = Table.grid(expand=True, padding=(0, 1))
        for _ in range(2):
            grid.add_column(ratio=1)
        cards = [self._card(each) for each in shown]
        for place in range(0, len(cards), 2):
            grid.add_row(*cards[place : place + 2])
        return Group(self._head(), grid, self._talk(), self._foot())

    def _head(self) -> Text:
        people = {entry["person"]["name"]: entry for entry in self.here.values()}
        words = Text(f" {self.title}  ", style="bold")
        words.append(f"{len(people)} here", style="cyan")
        typing = sorted(name for name, entry in people.items() if entry["typing"])
        hands = sorted(name for name, entry in people.items() if entry["handRaised"])
        if typing:
            words.append(f"   typing: {', '.join(typing)}", style="dim")
        if hands:
            words.append(f"   hand raised: {', '.join(hands)}", style="yellow")
        words.no_wrap, words.overflow = True, "ellipsis"
        return words

    def _card(self, ballot: Data) -> Panel:
        consensus = ballot["consensus"]
        if consensus is None or consensus["overall"] is None:
            body: RenderableType = Text("Sealed until it closes.", style="dim")
            return Panel(body, title=_title(ballot), title_align="left", box=box.ROUNDED)
        rows = Table.grid(expand=True, padding=(0, 1))
        rows.add_column(width=19, no_wrap=True)
        rows.add_column(width=BAR)
        rows.add_column(justify="right", no_wrap=True)
        mark = threshold(ballot["rule"])
        for group in (consensus["overall"], *consensus["byConstituency"]):
            small = group["inFavour"] is None
            name = self.constituencies.get((group["constituency"] or {}).get("id", ""), "Everyone")
            style = STYLES.get(group["status"], "dim")
            if group["status"] in DISSENTING:
                style = "bold yellow"
            if group["constituency"] is None:
                style = "bold"
            rows.add_row(
                Text(name, style=style),
                Text() if small else bar(group, mark),
                "few" if small else f"{group['inFavour']}/{group['of']}",
            )
        turnout = consensus["turnout"]
        status = Text(self._status(consensus), style=STYLES.get(consensus["status"], ""))
        status.append(f"   {turnout['voted']} of {turnout['eligible']} voted", style="dim")
        reason = Text(next(iter(consensus["reasons"]), "Nothing is missing."), style="dim")
        reason.no_wrap, reason.overflow = True, "ellipsis"
        body = Group(status, rows, reason)
        return Panel(body, title=_title(ballot), title_align="left", box=box.ROUNDED)

    def _status(self, consensus: Data) -> str:
        words: str = consensus["status"].replace("_", " ")
        if consensus["status"] != "CONSENSUS_WITH_DISSENT":
            return words
        dissenting = [
            self.constituencies[group["constituency"]["id"]]
            for group in consensus["byConstituency"]
            if group["status"] in DISSENTING
        ]
        return f"{words} [{', '.join(dissenting)}]"

    def _talk(self) -> RenderableType:
        lines = Table.grid(expand=True, padding=(0, 1))
        lines.add_column(width=19, no_wrap=True)
        lines.add_column(width=19, no_wrap=True, style="dim")
        lines.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        for comment in deque(self.comments.values(), maxlen=COMMENTS):
            author = comment["author"]
            lines.add_row(
                Text(author["name"] or "Somebody", style="bold"),
                Text(self.parts.get(author["id"], "Facilitator")),
                Text((comment["body"] or "hidden").replace("\n", " ")),
            )
        return Panel(lines, title="Discussion", title_align="left", box=box.ROUNDED)

    def _foot(self) -> Text:
        live = self.connection == "connected"
        words = Text(" ● ", style="green" if live else "yellow")
        words.append("live" if live else f"reconnecting: {self.connection}")
        words.append(f"   #{self.sequence}", style="bold")
        complete = "gapless" if not self.gaps else f"{self.gaps} gaps"
        words.append(f"   {self.events} events, {complete}", style="dim")
        return words


def bar(group: Data, threshold: float) -> Text:
    """Draw one group: in favour from the left, against from the right, and the threshold."""
    scale = BAR / group["of"] if group["of"] else 0.0
    against = sum(each["count"] for each in group["counts"] if _against(each))
    in_favour, rest = round(scale * group["inFavour"]), BAR - round(scale * against)
    words = Text()
    for place in range(BAR):
        if place == round(BAR * threshold):
            words.append("┃", style="bold")
        elif place < in_favour:
            words.append("━", style="dodger_blue2")
        else:
            words.append("━", style="grey37" if place < rest else "dark_orange")
    return words


def _against(choice: Data) -> bool:
    rating = choice["rating"]
    if rating is not None:
        return bool(rating <= LOW)
    return choice["choice"] in {"DISAGREE", "DISCUSS", "OBJECT"}


def threshold(rule: Data) -> float:
    """Return the share in favour that a rule demands, from 0 to 1."""
    numbers = {each["name"]: each["number"] for each in rule["parameters"]}
    if "threshold_denominator" in numbers:
        return float(numbers["threshold_numerator"] / numbers["threshold_denominator"])
    return float(numbers.get("threshold_percent", 50) / 100)  # a ranking compares pairs


async def watch(url: str, token: str | None, engagement: str | None) -> None:
    """Draw an exercise until Ctrl-C; where none is named, the newest open one.

    Raises SettingsError where there is none that may be seen.
    """
    board = Board()
    console = Console()

    def tell(state: str) -> None:
        board.connection = state

    async def fold(document: str, take: Callable[[Data], None], tell: Tell) -> None:
        messages = follow(url, token, document, tell=tell, topic=engagement)
        async with aclosing(messages):
            async for message in messages:
                take(message)

    try:
        engagement = engagement or await _newest(url, token)
        with Screen(board, console=console, screen=console.is_terminal, refresh_per_second=8):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(fold(ACTIVITY, board.take, tell))
                tasks.create_task(fold(PRESENCE, board.meet, lambda _: None))
    except* Refused as refusals:
        raise SettingsError(str(refusals.exceptions[0])) from None


async def _newest(url: str, token: str | None) -> str:
    async with connect(url, token) as live:
        found = await live.ask("{ engagements(state: OPEN, last: 1) { nodes { id } } }")
    for engagement in found["engagements"]["nodes"]:
        id: str = engagement["id"]
        return id
    raise SettingsError(f"There is no open exercise at {url} that you may see.")


def _title(ballot: Data) -> Text:
    words = Text(ballot["question"], style="bold")
    words.truncate(54, overflow="ellipsis")
    return words


def _window(entry: Data) -> tuple[str, str]:
    return (entry["person"]["id"], entry["connectionId"])
