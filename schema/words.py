"""What people write for others to read: flags, what was decided on it, and whether it is hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain.commands import words as commands
from domain.models.comments import HidingGround
from domain.models.moderation import WordsKind
from domain.permissions import Permission
from domain.queries import moderation
from schema.batches import Parents, batched
from schema.context import Info
from schema.fields import (
    Command,
    Expecting,
    Idempotent,
    answering,
    expected,
    node_relation,
    perform,
    text,
    viewer_can,
)
from schema.nodes import Node, key, parse, type_of
from schema.tombstones import tombstone

if TYPE_CHECKING:
    from schema.moderation import Flag, ModerationDecision

KINDS = {type_of(kind.lower()): kind for kind in WordsKind}
WHOSE = "The comment, vote, objection, interest, request for the floor or ballot that says them."
READABLE = ("topic_id", "person_id")
"""The attributes of words that `readable` looks at."""
OWN = ("hidden_ground",)
Grounds = Callable[[Parents, Info], Any]
"""Returns why each of the parents is hidden, None for those that are not; may be awaited."""


def _said_in(words: Parents) -> list[Any]:
    """Return the ids under which words are decided on: an objection's are its vote's, if any."""
    return [getattr(each, "vote_id", None) or each.id for each in words]


async def _decisions(words: Parents, info: Info) -> Sequence[Any]:
    return await info.context.load_all(moderation.of_words, _said_in(words))


async def _flags(words: Parents, info: Info) -> Sequence[Any]:
    return await info.context.load_all(moderation.flags, _said_in(words))


def decisions(reads: tuple[str, ...] = ("id",)) -> Any:
    """Declare what was decided on words that read so much to say under which id that is."""
    return batched(
        _decisions,
        "What moderators decided on it, oldest first; empty but for its author and moderators.",
        reads=reads,
    )


def flags(reads: tuple[str, ...] = ("id",)) -> Any:
    """Declare the flags of words, as `decisions` does."""
    return batched(_flags, "Who asked moderators to look at it; empty but for those.", reads=reads)


@strawberry.interface(
    description="What somebody wrote for others to read: it can be flagged, and decided on."
)
class Words(Node):
    """Comments, reasons of votes, objections, interests, requests for the floor and ballots."""

    decisions: list[Annotated[ModerationDecision, strawberry.lazy("schema.moderation")]] = (
        decisions()
    )
    flags: list[Annotated[Flag, strawberry.lazy("schema.moderation")]] = flags()


async def own_grounds(words: Parents, _info: Info) -> Sequence[HidingGround | None]:
    """Return why words are hidden that keep it themselves."""
    return [each.hidden_ground for each in words]


async def readable(
    words: Parents, grounds: Sequence[HidingGround | None], info: Info
) -> Sequence[bool]:
    """Say which words the viewer may read: hidden ones are for moderators and their author."""
    if not any(grounds):
        return [True] * len(words)
    viewer = info.context.viewer
    hidden = [
        each.topic_id if ground else None for each, ground in zip(words, grounds, strict=True)
    ]
    moderated = await viewer_can(info, Permission.MODERATE, hidden)
    return [
        topic_id is None or moderates or viewer.is_person(each.person_id)
        for each, topic_id, moderates in zip(words, hidden, moderated, strict=True)
    ]


def unless_hidden(
    name: str, description: str, grounds: Grounds = own_grounds, reads: tuple[str, ...] = OWN
) -> Any:
    """Declare the words themselves, which are in the attribute `name`.

    `reads` are the attributes that `grounds` looks at.
    """
    read = attrgetter(name)

    async def resolve(words: Parents, info: Info) -> Sequence[str | None]:
        shown = await readable(words, await grounds(words, info), info)
        return [read(each) if seen else None for each, seen in zip(words, shown, strict=True)]

    return batched(
        resolve,
        f"{description}; null while hidden, but for its author and moderators.",
        reads=(name, *READABLE, *reads),
    )


def hidden_ground(grounds: Grounds = own_grounds, reads: tuple[str, ...] = OWN) -> Any:
    """Declare why words are hidden."""
    return batched(grounds, "Why its words are hidden, if they are.", reads=reads)


def tombstone_of(what: str, grounds: Grounds = own_grounds, reads: tuple[str, ...] = OWN) -> Any:
    """Declare the sentence that is shown in the place of hidden words."""

    async def resolve(words: Parents, info: Info) -> Sequence[str | None]:
        return [tombstone(what, ground) for ground in await grounds(words, info)]

    return batched(
        resolve, "A sentence to show in the place of its words while they are hidden.", reads=reads
    )


@strawberry.input(description="Hidden words to show again, with a reason.")
class ShowWordsInput(Expecting):
    """See domain.commands.words.show_words."""

    words_id: strawberry.ID = text(description=WHOSE)
    reason: str = text(description="Why; their author is told.")


@strawberry.input(description="Flagged words to leave as they are, with a reason.")
class KeepWordsInput(ShowWordsInput):
    """See domain.commands.words.keep_words."""


@strawberry.input(description="Words to hide, with a reason.")
class HideWordsInput(ShowWordsInput):
    """See domain.commands.words.hide_words."""

    ground: HidingGround = text(description="Why, in a word that everybody may read.")


@strawberry.input(description="Words for moderators to look at.")
class FlagWordsInput(Idempotent):
    """See domain.commands.words.flag_words."""

    words_id: strawberry.ID = text(description=WHOSE)
    reason: str = text(description="Why; moderators alone are told.")


@strawberry.type
class WordsPayload:
    """What a mutation of words changed."""

    of: strawberry.Private[tuple[str, UUID]]
    words: Words | None = node_relation(
        attrgetter("of"), "As they are now; null where the viewer may not see them."
    )


@strawberry.type(description="What `flagWords` changed.")
class FlagWordsPayload(WordsPayload):
    """See domain.commands.words.flag_words."""


@strawberry.type(description="What `hideWords` changed.")
class HideWordsPayload(WordsPayload):
    """See domain.commands.words.hide_words."""


@strawberry.type(description="What `showWords` changed.")
class ShowWordsPayload(WordsPayload):
    """See domain.commands.words.show_words."""


@strawberry.type(description="What `keepWords` changed.")
class KeepWordsPayload(WordsPayload):
    """See domain.commands.words.keep_words."""


async def flag_words(info: Info, input: FlagWordsInput) -> FlagWordsPayload:
    """See the command."""
    return FlagWordsPayload(of=await _on_words(info, input, commands.flag_words))


async def hide_words(info: Info, input: HideWordsInput) -> HideWordsPayload:
    """See the command."""
    more = {"ground": input.ground, "expected_revision": expected(input)}
    return HideWordsPayload(of=await _on_words(info, input, commands.hide_words, **more))


async def show_words(info: Info, input: ShowWordsInput) -> ShowWordsPayload:
    """See the command."""
    more = {"expected_revision": expected(input)}
    return ShowWordsPayload(of=await _on_words(info, input, commands.show_words, **more))


async def keep_words(info: Info, input: KeepWordsInput) -> KeepWordsPayload:
    """See the command."""
    more = {"expected_revision": expected(input)}
    return KeepWordsPayload(of=await _on_words(info, input, commands.keep_words, **more))


async def _on_words(
    info: Info, input: FlagWordsInput | ShowWordsInput, command: Command, **more: Any
) -> tuple[str, UUID]:
    type_name, _ = parse(input.words_id, "wordsId")
    id = key(input.words_id, "wordsId", *KINDS)
    arguments = {"kind": KINDS[type_name], "words_id": id, "reason": input.reason, **more}
    return type_name, await perform(info, input, command, **arguments)


@strawberry.type
class WordsMutation:
    """What can be asked, and decided, about words."""

    flag_words: FlagWordsPayload = answering(
        "FlagWords", FlagWordsPayload, flag_words, "Ask moderators to look at what somebody wrote."
    )
    hide_words: HideWordsPayload = answering(
        "HideWords",
        HideWordsPayload,
        hide_words,
        "Hide what somebody wrote, with a reason that they are told. A vote counts on.",
    )
    show_words: ShowWordsPayload = answering(
        "ShowWords", ShowWordsPayload, show_words, "Make hidden words visible again, with a reason."
    )
    keep_words: KeepWordsPayload = answering(
        "KeepWords",
        KeepWordsPayload,
        keep_words,
        "Answer the flags of words by leaving them as they are, with a reason.",
    )
