"""What is shown of words that moderators hid, and of comments that went into others."""

from __future__ import annotations

from domain.models.comments import CommentStanding, HidingGround
from schema.fields import enum

enum(
    HidingGround,
    "Why words are hidden, in a word that everybody may read.",
    PERSONAL_DATA="It tells something personal about somebody who could be recognised.",
    OFFENSIVE="It offends.",
    OFF_TOPIC="It is not about what is discussed.",
    PROMOTION="It promotes something.",
    OTHER="For another reason, which its author was told.",
)
enum(
    CommentStanding,
    "Whether a comment is shown on its own, or what it went into.",
    STANDING="It is shown on its own.",
    MERGED="It is shown as a source of the comment that it was merged into.",
    SPLIT="Its parts are shown in its place.",
    WITHDRAWN="It was a part of a comment that was split; that was undone.",
)
TOMBSTONES = {
    HidingGround.PERSONAL_DATA: "it told something personal about somebody.",
    HidingGround.OFFENSIVE: "it was offensive.",
    HidingGround.OFF_TOPIC: "it was not about what is discussed.",
    HidingGround.PROMOTION: "it promoted something.",
    HidingGround.OTHER: "its author was told why.",
}
# What the words of a comment that went into others are read in: a merged one is one of them.
READABLE = (CommentStanding.STANDING, CommentStanding.MERGED)


def tombstone(what: str, ground: HidingGround | None) -> str | None:
    """Return the sentence that is shown in the place of hidden words, None for others."""
    return None if ground is None else f"A moderator hid {what}: {TOMBSTONES[ground]}"
