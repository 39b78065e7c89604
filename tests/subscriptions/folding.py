"""A client that keeps what it was sent by id, as Relay and Apollo do, and never asks again."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

COMMENT = """
fragment CommentFields on Comment {
  id body hiddenAt hiddenReason hiddenGround tombstone editedAt revision author { id }
  replyTo { id } standing mergedInto { id } splitFrom { id } flags { reason settledAt }
  thread { id } edits { number body } mentioned { id } reactions { kind person { id } }
}
"""
THREAD = """
fragment ThreadFields on Thread {
  id subjectKind pinned locked decisions { id action reason } themes { ...ThemeFields }
  resolvedAt resolvedBy { id } revision author { id } disposition { kind reason change number }
}
fragment ThemeFields on Theme { id themeName: name revision }
"""
BALLOT = """
fragment BallotFields on Ballot {
  id createdAt ballotKind: kind question on: subjectKind subjectRevision ballotState: state
  visibility reasonPolicy electorateGrows revision openedAt closedAt ruleHash
  stateReason decision opensAt closesAt presentRound: round mostRounds feedback remindedAt
  rounds { id number question disposition dispositionReason: reason openedAt closedAt }
  options { ordinal text }
  rule { name version parameters { name number enabled } }
  consensus {
    status reasons ruleHash openObjections openSafetyObjections turnout { eligible voted }
    overall { inFavour of winners counts { count } preferences { option over count } }
    byConstituency { constituency { id } status voted eligible winners counts { count } }
  }
  votes(first: 100) { nodes { ...VoteFields } }
  objections(first: 100) { nodes { ...ObjectionFields } }
}
fragment ObjectionFields on Objection {
  id body safety reason revision person { id } constituency { id }
  ballot { id }
}
fragment VoteFields on Vote {
  id choice rating options { ordinal } rationale revision round stale
  recused voter { id } castBy { id } constituency { id } ballot { id }
  history { choice rating options { ordinal } castBy { id } rationale revision }
}
"""
# A closed ballot's snapshot shows what its `asOf` was; an open one's is the time of reading.
ENGAGEMENT = """
fragment EngagementFields on Engagement {
  id title purpose briefing state slowModeSeconds opensAt closesAt openedAt closedAt revision
  themes { ...ThemeFields } respondedAt
  response { id version entries(first: 100) { nodes { thread { ...ThreadFields } } } }
  constituencies { ...ConstituencyFields }
  webinars { ...WebinarFields }
  stakeholders(first: 100) { nodes { ...StakeholderFields } }
}
fragment ConstituencyFields on Constituency { id name kind position }
fragment WebinarFields on Webinar { id title startsAt slidesUrl recordingUrl revision }
fragment StakeholderFields on Stakeholder {
  id person { id } organisation { id } constituency { id }
}
"""
SPECIFICATION = """
fragment SpecificationFields on Specification {
  id title summary stage: state contentHash launchedAt ...Contents
  targetProfessions { requirement profession { id } }
  revisions(first: 100) { nodes { id name number contentHash } }
}
fragment Contents on Specification { id revision sections { id position blocks { id position } } }
fragment SectionFields on Section { id heading revision specification { ...Contents } }
fragment BlockFields on Block { id blockKind: kind text revision specification { ...Contents } }
"""
ROUNDTABLE = """
fragment RoundtableFields on Roundtable {
  id title agenda state startsAt slowModeSeconds ...Proceedings
}
fragment Proceedings on Roundtable {
  id revision
  clock { state since item { ...AgendaItemFields } }
  agendaItems { ...AgendaItemFields }
  floor { ...FloorRequestFields }
  speakingQueue { ...FloorRequestFields }
}
fragment AgendaItemFields on AgendaItem {
  id position title plannedMinutes secondsSpent revision roundtable { id }
}
fragment FloorRequestFields on FloorRequest {
  id about person { id } constituency { id } givenAt endedAt roundtable { id }
}
fragment InvitationFields on Invitation { id person { id } answer: state answeredAt }
"""

ACTIVITY = f"""
subscription ($topic: ID!) {{
  activity(topicId: $topic) {{
    __typename
    ... on ActivitySnapshot {{
      cursor sequence
      topic {{
        id
        ... on Engagement {{
          ...EngagementFields
          threads(first: 100) {{
            nodes {{ ...ThreadFields comments(first: 100) {{ nodes {{ ...CommentFields }} }} }}
          }}
          ballots(first: 100) {{ nodes {{ ...BallotFields }} }}
          roundtables(first: 100) {{ nodes {{ id }} }}
        }}
        ... on Specification {{
          ...SpecificationFields
          sections {{ ...SectionFields blocks {{ ...BlockFields }} }}
          threads(first: 100) {{
            nodes {{ ...ThreadFields comments(first: 100) {{ nodes {{ ...CommentFields }} }} }}
          }}
          engagements(first: 100) {{ nodes {{ id }} }}
        }}
        ... on Roundtable {{
          ...RoundtableFields
          invitations(first: 100) {{ nodes {{ ...InvitationFields }} }}
          floorRequests(first: 100) {{ nodes {{ floorState: state ...FloorRequestFields }} }}
          threads(first: 100) {{
            nodes {{ ...ThreadFields comments(first: 100) {{ nodes {{ ...CommentFields }} }} }}
          }}
          ballots(first: 100) {{ nodes {{ ...BallotFields }} }}
        }}
      }}
    }}
    ... on ActivityEvent {{
      cursor sequence kind why: reason actor {{ id email }}
      subject {{
        id __typename
        ...EngagementFields ...ConstituencyFields ...WebinarFields ...StakeholderFields
        ...SpecificationFields ...SectionFields ...BlockFields
        ...RoundtableFields ...AgendaItemFields ...FloorRequestFields ...InvitationFields
        ... on AgendaItem {{ roundtable {{ ...Proceedings }} }}
        ... on FloorRequest {{ floorState: state roundtable {{ ...Proceedings }} }}
        ...ThreadFields ...CommentFields ...ThemeFields ...BallotFields
        ... on Vote {{ ballot {{ ...BallotFields }} }}
        ... on Objection {{ ballot {{ ...BallotFields }} }}
      }}
    }}
    ... on Reset {{ message }}
  }}
}}
{COMMENT}{THREAD}{BALLOT}{ENGAGEMENT}{SPECIFICATION}{ROUNDTABLE}
"""

# Where a new thing belongs: the list of the topic that it is appended to.
LISTS = {
    "THREAD_OPENED": "threads",
    "BALLOT_DRAFTED": "ballots",
    "BALLOT_SCHEDULED": "ballots",
    "BALLOT_OPENED": "ballots",
    "ROUNDTABLE_CREATED": "roundtables",
    "ENGAGEMENT_CREATED": "engagements",
    "CONSTITUENCY_DECLARED": "constituencies",
    "STAKEHOLDER_ADDED": "stakeholders",
    "WEBINAR_ADDED": "webinars",
    "THEME_ADDED": "themes",
    "INVITATION_SENT": "invitations",
    "FLOOR_REQUESTED": "floorRequests",
}
# After these a comment may stand elsewhere, or not on its own.
PLACING = tuple(
    f"COMMENT_{what}"
    for what in ("ADDED", "MERGED", "UNMERGED", "SPLIT", "UNSPLIT", "WITHDRAWN", "MOVED")
)
# What a comment only names: it may be in no list itself.
REFERENCES = ("replyTo", "mergedInto", "splitFrom")
# Lists that are not in the order in which a reader hears of what is in them.
ORDERS = {"webinars": "startsAt", "ballots": "createdAt"}
# What is a topic of its own is only named here: who wants more of it, follows it.
BY_INVITATION = ("roundtables", "engagements")
AFTER_OWN_VOTE = ("consensus", "votes")
OTHER_TOPICS = ("ROUNDTABLE_CREATED", "ENGAGEMENT_CREATED")


class Model:
    """What a client knows of one topic: every node by its id, lists as the ids in them."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}
        self.root = ""
        self.sequence = 0
        self.cursor = ""

    def take(self, message: dict[str, Any]) -> None:
        """Take in one message: a snapshot replaces everything, an event changes what it names."""
        match message["__typename"]:
            case "ActivitySnapshot":
                self.nodes.clear()
                self.root = message["topic"]["id"]
                self._keep(message["topic"])
            case "ActivityEvent":
                assert message["sequence"] == self.sequence + 1, message
                self._fold(message["kind"], message["subject"])
            case "Reset":
                self.__init__()  # type: ignore[misc]
                return
        self.sequence, self.cursor = message["sequence"], message["cursor"]

    def _fold(self, kind: str, subject: dict[str, Any] | None) -> None:
        if subject is None:
            return
        subject = {name: value for name, value in subject.items() if name != "__typename"}
        self._keep({"id": subject["id"]} if kind in OTHER_TOPICS else subject)
        if kind in LISTS:
            self._append(self.root, LISTS[kind], subject["id"])
        elif kind in PLACING:
            self._place(subject)

    def _place(self, comment: dict[str, Any]) -> None:
        """Let a comment be in the list of its thread if it stands on its own, and in no other."""
        reference = {"id": comment["id"]}
        for node in self.nodes.values():
            if reference in node.get("comments", ()):
                node["comments"].remove(reference)
        if comment["standing"] == "STANDING":
            thread = comment["thread"]["id"]
            self._append(thread, "comments", comment["id"])
            self.nodes[thread]["comments"].sort(key=lambda each: b64decode(each["id"]))

    def _append(self, parent: str, name: str, id: str) -> None:
        found = self.nodes[parent].setdefault(name, [])
        if {"id": id} not in found:
            found.append({"id": id})

    def _keep(self, value: Any) -> Any:
        """Store every node inside a value, and return the value with their ids in their place."""
        if isinstance(value, list):
            return [self._keep(each) for each in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"nodes"}:  # a connection is the list of its nodes
            return self._keep(value["nodes"])
        kept = {name: self._keep(each) for name, each in value.items()}
        if "id" not in kept:
            return kept
        self.nodes.setdefault(kept["id"], {}).update(kept)
        return {"id": kept["id"]}

    def seen(self) -> Any:
        """Return what a reader sees from the topic downwards; what nothing names is gone.

        By-invitation places inside it are left out but for moderators: who is let into one hears
        of that in their own topic.
        """
        shown = self._show({"id": self.root}, frozenset())
        if b":MODERATORS:" not in b64decode(self.cursor):
            shown = {name: each for name, each in shown.items() if name not in BY_INVITATION}
        return shown

    def _show(self, value: Any, above: frozenset[str]) -> Any:
        if isinstance(value, list):
            return [self._show(each, above) for each in value]
        if not isinstance(value, dict):
            return value
        id = value.get("id")
        if id is None or id in above:
            return value if id else {name: self._show(each, above) for name, each in value.items()}
        node = self.nodes.get(id, value)
        shown = {
            name: each if name in REFERENCES else self._show(each, above | {id})
            for name, each in node.items()
        }
        if (node.get("visibility"), node.get("ballotState")) == ("AFTER_OWN_VOTE", "OPEN"):
            # Who has voted may see what has no event in their stream: `consensus` tells of it.
            shown = {name: each for name, each in shown.items() if name not in AFTER_OWN_VOTE}
        for name, time in ORDERS.items():
            if name in shown:
                shown[name].sort(key=lambda each: (each[time], each["id"]))
        return shown
