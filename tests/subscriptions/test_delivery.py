"""What waits for a reader in this process, and the bytes of frames."""

from __future__ import annotations

import orjson
import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from subscriptions import frames
from subscriptions.delivery import MOST_WAITING, Delivery, Inbox


def delivery(number: int, *, newest: bool = False) -> Delivery:
    return Delivery({"data": {"count": number}}, newest=newest)


async def read(inbox: Inbox) -> list[object]:
    inbox.end()
    found = []
    while (each := await inbox.next()) is not None:
        found.append(orjson.loads(each.body))
    return found


async def test_of_a_state_only_the_newest_waits() -> None:
    inbox = Inbox()
    for number in range(3):
        inbox.take(delivery(number, newest=True))
    inbox.take(delivery(3))
    inbox.take(delivery(4, newest=True))

    assert [each["data"]["count"] for each in await read(inbox)] == [2, 3, 4]  # type: ignore[index]


async def test_who_is_too_far_behind_is_given_up_with_a_word() -> None:
    inbox = Inbox()
    for number in range(MOST_WAITING + 10):
        inbox.take(delivery(number))

    *told, last = await read(inbox)

    assert len(told) == MOST_WAITING
    assert last["errors"][0]["extensions"]["code"] == "TOO_SLOW"  # type: ignore[index]


async def test_who_has_caught_up_is_said_so_once() -> None:
    inbox = Inbox()
    for number in range(MOST_WAITING // 2 + 2):
        inbox.take(delivery(number))
    calls: list[int] = []
    inbox.when_ready(lambda: calls.append(1))
    assert inbox.congested
    await inbox.next()
    assert calls == []
    await inbox.next()
    await inbox.next()
    assert calls == [1]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_frame_of_any_length_is_one_that_others_read(length: int) -> None:
    reader = StreamReader()
    reader.feed_data(frames.head(length) + b"x" * length)
    parsing = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as end:
        next(parsing)

    assert end.value.value == Frame(Opcode.TEXT, b"x" * length)
