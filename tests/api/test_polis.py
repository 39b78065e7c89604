"""Exported files: what is read from them, and in which words what cannot be used is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from api.polis import CastVote, Conversation, Holding, Participant, Statement, differences, read
from domain.errors import Invalid

COMMENTS = """\
timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body
2000,Mon Jul 17 16:10:15 WIB 2017,1,3,1,0,-1,"Two
lines, a ""quoted"" word"
1000,,0,3,1,1,1,First
"""
VOTES = """\
timestamp,datetime,comment-id,voter-id,vote
2000,,1,3,1
1000,,0,3,-1
1000,,0,4,0
3000,,0,3,1
"""
PARTICIPANTS = """\
participant,xid,group-id,n-comments,n-votes,n-agree,n-disagree,0,1
3,,0,2,2,2,0,1,1
"""
SUMMARY = "topic,What now?\nurl,https://pol.is/x\nviews,3\nconversation-description,\n"
FILES = {
    "comments.csv": COMMENTS,
    "votes.csv": VOTES,
    "participants-votes.csv": PARTICIPANTS,
    "summary.csv": SUMMARY,
}

NUMBER = "is a whole number from 0 to 9,999,999,999,999, not"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes an export in which one text of one file is replaced."""

    def make(name: str = "", old: str = "", new: str = "") -> Path:
        folder = tmp_path / "some.Conversation"
        folder.mkdir()
        for each, text in FILES.items():
            changed = text.replace(old, new, 1) if each == name else text
            assert each != name or changed != text
            (folder / each).write_text(changed, newline="")
        return folder

    return make


def refusal(folder: Path) -> list[str]:
    """Return the lines of the error, without its heading."""
    with pytest.raises(Invalid) as caught:
        read(folder)
    heading, *problems = caught.value.message.splitlines()
    assert heading == "Nothing was imported, because these files cannot be used:"
    return problems


def test_an_export_is_read_in_the_order_of_its_times(write: Write) -> None:
    assert read(write()) == Conversation(
        slug="some-conversation",
        topic="What now?",
        url="https://pol.is/x",
        description="",
        statements=(
            Statement(0, 1000, "First", agrees=1, disagrees=1, moderated_out=False),
            Statement(
                1,
                2000,
                'Two\nlines, a "quoted" word',
                agrees=1,
                disagrees=0,
                moderated_out=True,
            ),
        ),
        participants=(Participant(3, "A", 2), Participant(4, None, None)),
        votes=(
            CastVote(3, 1000, 0, 3, "DISAGREE"),
            CastVote(4, 1000, 0, 4, "PASS"),
            CastVote(2, 2000, 1, 3, "AGREE"),
            CastVote(5, 3000, 0, 3, "AGREE"),
        ),
    )


def test_byte_order_marks_other_line_ends_and_empty_lines_are_no_matter(write: Write) -> None:
    folder = write()
    expected = read(folder)
    for name in ("votes.csv", "summary.csv"):
        text = FILES[name].replace("\n", "\r\n")
        (folder / name).write_text("\ufeff" + text + "\r\n", newline="")

    assert read(folder) == expected


def test_a_statement_that_was_moderated_out_may_lack_its_column(write: Write) -> None:
    folder = write()
    lines = PARTICIPANTS.splitlines()
    shorter = "\n".join(line.rpartition(",")[0] for line in lines) + "\n"
    (folder / "participants-votes.csv").write_text(shorter)

    assert read(folder).participants[0] == Participant(3, "A", 2)


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        (
            "comments.csv",
            "moderated,",
            "",
            "comments.csv, line 1: the header lacks moderated.",
        ),
        (
            "votes.csv",
            "voter-id,vote",
            "voter-id,vote,weight",
            "votes.csv, line 1: the header has unknown columns: weight.",
        ),
        (
            "votes.csv",
            "voter-id,vote",
            "voter-id,voter-id,vote",
            "votes.csv, line 1: the header names twice voter-id.",
        ),
        (
            "participants-votes.csv",
            "n-disagree,0,1",
            "n-disagree,0,7",
            "participants-votes.csv, line 1: the header has unknown columns: 7.",
        ),
        ("votes.csv", VOTES, "", "votes.csv, line 1: the file is empty."),
        (
            "votes.csv",
            "2000,,1,3,1",
            "2000,,1,3",
            "votes.csv, line 2: 5 fields belong here, not 4.",
        ),
        (
            "votes.csv",
            "1000,,0,4,0",
            "1000,,0,4,2",
            "votes.csv, line 4: vote is one of 1, -1, 0, not '2'.",
        ),
        (
            "votes.csv",
            "3000,",
            "3000.5,",
            f"votes.csv, line 5: timestamp {NUMBER} '3000.5'.",
        ),
        (
            "votes.csv",
            "1000,,0,4",
            "1000,,0,four",
            f"votes.csv, line 4: voter-id {NUMBER} 'four'.",
        ),
        ("votes.csv", "2000,,1", "2000,,7", "votes.csv, line 2: comments.csv has no comment-id 7."),
        (
            "comments.csv",
            "1000,,0,3,1,1",
            "1000,,0,3,-1,1",
            f"comments.csv, line 4: agrees {NUMBER} '-1'.",
        ),
        (
            "comments.csv",
            "1000,,0",
            "1000,,1",
            "comments.csv, line 4: comment-id 1 is there twice.",
        ),
        (
            "comments.csv",
            "1,1,1,First",
            "1,1,yes,First",
            "comments.csv, line 4: moderated is one of 1, 0, -1, not 'yes'.",
        ),
        (
            "comments.csv",
            "First",
            " ",
            "comments.csv, line 4: The comment-body is empty. Please write something.",
        ),
        (
            "comments.csv",
            '""quoted""',
            '"quoted"',
            "comments.csv, line 2: this is not CSV (',' expected after '\"').",
        ),
        (
            "participants-votes.csv",
            "3,,0,2",
            "3,,26,2",
            "participants-votes.csv, line 2: group-id is a whole number from 0 to 25, not '26'.",
        ),
        (
            "participants-votes.csv",
            "2,0,1,1",
            "2,0,1,5",
            "participants-votes.csv, line 2: 1 is one of nothing, 1, -1, 0, not '5'.",
        ),
        (
            "participants-votes.csv",
            "2,2,2,0,1,1",
            "2,2,2,0,1,1\n3,,0,2,2,2,0,1,1",
            "participants-votes.csv, line 3: participant 3 is there twice.",
        ),
        (
            "summary.csv",
            "topic,What now?\n",
            "",
            "summary.csv: The topic is empty. Please write something.",
        ),
        (
            "summary.csv",
            "url,",
            "topic,",
            "summary.csv, line 2: 'topic' is there twice.",
        ),
        (
            "summary.csv",
            "What now?",
            "What, now?",
            "summary.csv, line 1: a name and a value belong here, not 3 fields.",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_file_line_and_reason(
    name: str, old: str, new: str, problem: str, write: Write
) -> None:
    assert refusal(write(name, old, new)) == [problem]


def test_bytes_that_are_not_utf_8_are_refused_with_their_line(write: Write) -> None:
    folder = write()
    (folder / "comments.csv").write_bytes(COMMENTS.replace("First", "caf\xe9").encode("latin-1"))

    assert refusal(folder) == ["comments.csv, line 4: this is not UTF-8."]


def test_a_missing_file_and_one_that_is_a_folder_are_refused(write: Write) -> None:
    folder = write()
    (folder / "votes.csv").unlink()
    (folder / "summary.csv").unlink()
    (folder / "summary.csv").mkdir()

    assert refusal(folder) == [
        "summary.csv: it cannot be read (Is a directory).",
        f"votes.csv: there is no such file in {folder}.",
    ]


@pytest.mark.parametrize("name", ["nowhere", "..."])
def test_a_folder_that_is_none_or_has_no_name_is_refused(name: str, tmp_path: Path) -> None:
    if name == "...":
        (tmp_path / name).mkdir()
    with pytest.raises(Invalid, match="folder"):
        read(tmp_path / name)


def test_the_first_ten_problems_are_told_and_the_others_counted(write: Write) -> None:
    folder = write("votes.csv", "3000,,0,3,1\n", "x,,0,3,1\n" * 12)

    *told, last = refusal(folder)

    assert len(told) == 10
    assert last == "… and 2 more."


def test_a_wrong_statement_does_not_make_its_votes_wrong(write: Write) -> None:
    problems = refusal(write("comments.csv", "1000,,0,3", "1000,,zero,3"))

    assert problems == [f"comments.csv, line 4: comment-id {NUMBER} 'zero'."]


def test_a_faithful_copy_has_no_difference(write: Write) -> None:
    held = Holding(
        castings={(0, "AGREE"): 1, (0, "DISAGREE"): 1, (0, "PASS"): 1, (1, "AGREE"): 1},
        latest={(0, 3): "AGREE", (0, 4): "PASS", (1, 3): "AGREE"},
        tallies={0: (1, 0, 1), 1: (1, 0, 0)},
    )

    assert differences(read(write()), held) == []


def test_differences_name_the_statement_and_the_participant(write: Write) -> None:
    held = Holding(
        castings={(0, "AGREE"): 1, (1, "AGREE"): 1},
        latest={(0, 4): "PASS", (1, 3): "AGREE"},
        tallies={0: (1, 0, 1), 1: (1, 0, 0)},
    )

    assert differences(read(write()), held) == [
        "Statement 0: 1 AGREE and 0 DISAGREE were cast; comments.csv says 1 and 1.",
        "Statement 0: the tally is (1, 0, 1), the latest votes are (0, 0, 1).",
        "Participant 3: voted on 1 statements; participants-votes.csv says 2.",
    ]
