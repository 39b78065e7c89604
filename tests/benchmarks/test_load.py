from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from tests.benchmarks.load import CLOSE, PING, TEXT, LoadError, frame, split

OPCODES = {TEXT: Opcode.TEXT, PING: Opcode.PING, CLOSE: Opcode.CLOSE}
LENGTHS = (0, 1, 125, 126, 127, 65_535, 65_536)


def sent(opcode: int, payload: bytes) -> bytes:
    return Frame(OPCODES[opcode], payload).serialize(mask=False)


@given(
    st.lists(st.tuples(st.sampled_from([*OPCODES]), st.sampled_from(LENGTHS)), max_size=4),
    st.data(),
)
def test_frames_come_out_as_they_went_in_wherever_the_stream_is_cut(
    wanted: list[tuple[int, int]], data: st.DataObject
) -> None:
    messages = [
        (opcode, b"x" * (min(length, 125) if opcode != TEXT else length))
        for opcode, length in wanted
    ]
    stream = b"".join(sent(*message) for message in messages)
    cut = data.draw(st.integers(0, len(stream)))
    first, rest = split(stream[:cut])
    second, left = split(rest + stream[cut:])
    assert first + second == messages
    assert left == b""


def test_a_part_of_a_message_is_refused() -> None:
    with pytest.raises(LoadError, match="0x1"):
        split(Frame(Opcode.TEXT, b"half", fin=False).serialize(mask=False))


@pytest.mark.parametrize("length", [0, 125, 126, 1_000])
def test_what_a_client_sends_is_masked_by_zeros(length: int) -> None:
    payload = b"y" * length
    framed = frame(payload)
    assert framed[1] & 0x80
    assert framed.endswith(bytes(4) + payload)
