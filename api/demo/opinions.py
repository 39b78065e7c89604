"""What the panel thinks at first, what changes its mind, and what it says about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from api.demo.cast import DOCTORS, MIDWIVES, NURSES, OTHERS, PHYSIOTHERAPISTS, PUBLIC
from domain.consensus.choices import BallotKind
from domain.models.ballots import BallotVisibility

AGREE, DISAGREE, PASS = "AGREE", "DISAGREE", "PASS"
YES, NO_OBJECTION, DISCUSS, ABSTAIN = "YES", "NO_OBJECTION", "DISCUSS", "ABSTAIN"

Minds = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Question:
    """A ballot of the demo, with the script of its votes.

    `about` names a section or a block by its words, or is empty for the whole specification.
    `first` gives for each constituency what its members choose in turn, `settled` what they choose
    in the end where that differs, and `reasons` why, by choice. `begun` says how many of the panel
    have voted when the demo starts; None leaves the ballot a draft, and -1 closes it. Once opened,
    it closes by itself after `lasts`, unless the chair has found it settled before.
    """

    kind: BallotKind
    words: str
    about: str
    first: Minds
    settled: Minds = field(default_factory=dict)
    reasons: dict[str, tuple[str, ...]] = field(default_factory=dict)
    visibility: BallotVisibility = BallotVisibility.LIVE
    begun: int | None = 0
    lasts: timedelta = timedelta(minutes=40)

    def mind(self, constituency: str, place: int, *, settled: bool = False) -> str:
        """Return what a member chooses, at first or in the end; `place` is theirs in the group."""
        choices = self.first[constituency]
        if settled:
            choices = self.settled.get(constituency, choices)
        return choices[place % len(choices)]


def _all(choice: str, **others: str) -> Minds:
    groups = (NURSES, PHYSIOTHERAPISTS, MIDWIVES, DOCTORS, OTHERS, PUBLIC)
    return {name: tuple((others.get(name.split()[0].lower()) or choice).split()) for name in groups}


QUESTIONS = (
    Question(
        BallotKind.SENSE_CHECK,
        "One credential should serve every profession in the target group.",
        "",
        _all("AGREE", nurses="AGREE AGREE AGREE AGREE DISAGREE", doctors="AGREE AGREE PASS"),
        begun=-1,
    ),
    Question(
        BallotKind.SENSE_CHECK,
        "160 hours of supervised practice are enough before the final assessment.",
        "Supervised practice",
        _all(
            "AGREE AGREE AGREE DISAGREE",
            nurses="DISAGREE DISAGREE AGREE DISAGREE DISAGREE AGREE",
            doctors="AGREE AGREE DISAGREE AGREE",
            patients="AGREE AGREE AGREE AGREE PASS",
        ),
        {
            NURSES: (AGREE, AGREE, AGREE, AGREE, DISAGREE, AGREE),
            PHYSIOTHERAPISTS: (AGREE, AGREE, AGREE, DISAGREE),
        },
        {
            DISAGREE: (
                "160 hours on a busy ward leave perhaps 60 of real supervision.",
                "We could not release two people for this at once.",
                "Without protected time this number is a wish.",
            ),
            AGREE: (
                "With the 40 hours in a second setting protected, I can agree.",
                "It is what our present course asks for, and it works.",
            ),
        },
        begun=14,
    ),
    Question(
        BallotKind.RATING,
        "How essential is it that holders lead shared decisions when a treatment carries "
        "long-term risk?",
        "Lead shared decisions when a treatment carries long-term risk, and record what was "
        "weighed.",
        _all(
            "8 7 9 8 6 8",
            doctors="5 3 6 8",
            midwives="7 8 6 7",
            patients="9 9 8 9 9",
        ),
        {DOCTORS: ("7", "7", "8", "8"), PHYSIOTHERAPISTS: ("8", "7", "9", "8", "8", "8")},
        {
            "9": ("A risk that was not talked through was never consented to.",),
            "3": ("Who answers for the decision a year later? The draft does not say.",),
            "7": ("If the record says who decided what, I can rate it higher.",),
            "8": ("This is what advanced level means.",),
        },
        begun=9,
        lasts=timedelta(hours=3),
    ),
    Question(
        BallotKind.POSITIONS,
        "Put version 1 forward as a candidate for review, with the assessment as it stands.",
        "",
        _all(
            "YES NO_OBJECTION YES",
            midwives="YES DISCUSS NO_OBJECTION YES",
            doctors="NO_OBJECTION YES ABSTAIN NO_OBJECTION",
            patients="YES YES NO_OBJECTION YES DISCUSS",
        ),
        {
            MIDWIVES: (YES, NO_OBJECTION, NO_OBJECTION, YES),
            PUBLIC: (YES, YES, NO_OBJECTION, YES, YES),
        },
        {
            DISCUSS: (
                "Trauma is named once and assessed nowhere. I cannot wave that through.",
                "Patient partners must be paid for assessing, and the draft should say so.",
            ),
            NO_OBJECTION: ("The developers promised a sentence on trauma. I lift my objection.",),
            YES: ("Ready enough to be tested by reviewers.",),
        },
        begun=6,
        lasts=timedelta(days=2),
    ),
    Question(
        BallotKind.SENSE_CHECK,
        "A portfolio alone would do, without an observed encounter.",
        "Assessment",
        _all("DISAGREE DISAGREE AGREE", doctors="AGREE DISAGREE", patients="DISAGREE"),
        visibility=BallotVisibility.AFTER_CLOSE,
        begun=5,
    ),
    Question(
        BallotKind.RATING,
        "How clearly do the learning outcomes differ from those of a first degree?",
        "Learning outcomes",
        _all("7 8 7 6", doctors="5 7 8 6", nurses="8 7 9 7", patients="7 8 UNABLE_TO_SCORE 7"),
        {DOCTORS: ("7", "7", "8", "6"), MIDWIVES: ("7", "8", "7", "7")},
        {"7": ("Clearer since the word “justify” replaced “discuss”.",)},
        begun=None,
    ),
    Question(
        BallotKind.SENSE_CHECK,
        "Trauma-informed care should be a learning outcome of its own.",
        "Learning outcomes",
        _all("AGREE", physiotherapists="DISAGREE DISAGREE AGREE AGREE DISAGREE AGREE"),
        {PHYSIOTHERAPISTS: (AGREE, DISAGREE, AGREE, AGREE, AGREE, AGREE)},
        {
            DISAGREE: ("It runs through every outcome; a fifth one would put it in a box.",),
            AGREE: ("What is not assessed is not learnt.",),
        },
        begun=None,
    ),
    Question(
        BallotKind.SENSE_CHECK,
        "Earlier learning may count for up to a third of the hours.",
        "Target group and entry",
        _all("AGREE AGREE DISAGREE AGREE", others="AGREE", patients="AGREE PASS AGREE"),
        {DOCTORS: (AGREE,), MIDWIVES: (AGREE,)},
        {DISAGREE: ("Only where it was assessed at the same level.",)},
        begun=None,
    ),
)


@dataclass(frozen=True)
class Talk:
    """A thread about a section: its first comment, and the replies to it, each with who speaks."""

    about: str
    first: tuple[str, str]
    replies: tuple[tuple[str, str], ...]

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """Everything that is said in it, in order."""
        return (self.first, *self.replies)


TALKS = (
    Talk(
        "Supervised practice",
        (NURSES, "Who backfills my shift while I supervise? 160 hours are 20 clinics."),
        (
            (PHYSIOTHERAPISTS, "We share a supervisor between two sites. Dull, and it works."),
            (DOCTORS, "The fortnightly meeting is what matters. Keep it, whatever the hours."),
            (NURSES, "If the second setting is protected time, I could live with 160."),
            (PUBLIC, "As a patient I would rather know that somebody watched, than for how long."),
            (OTHERS, "Our pharmacists log supervision in the rota. Happy to share the template."),
            (MIDWIVES, "Could community clinics count as the second setting? Ours have space."),
        ),
    ),
    Talk(
        "Capabilities",
        (DOCTORS, "“Lead shared decisions” needs one more line: who carries the risk afterwards?"),
        (
            (PUBLIC, "I do, usually. That is why I want to be in the sentence."),
            (OTHERS, "The framework speaks of accountability; we could borrow its wording."),
            (DOCTORS, "With “and record what was weighed” I am nearly there."),
            (PHYSIOTHERAPISTS, "Urodynamics is new for some of us. Is there a course for it?"),
            (NURSES, "“Within the hour” is right for sepsis and wrong for a lump. Say which."),
        ),
    ),
    Talk(
        "Assessment",
        (PUBLIC, "A trained patient partner who assesses should be paid like any assessor."),
        (
            (MIDWIVES, "Agreed, and one of the observed encounters should be postnatal."),
            (PHYSIOTHERAPISTS, "Twelve cases are many. Eight good ones tell me more."),
            (NURSES, "Twelve is fine if three may be short."),
            (OTHERS, "Can an encounter be seen by video? For the islands it is that or nothing."),
            (PUBLIC, "Video is fine with me, if I am asked each time."),
        ),
    ),
    Talk(
        "Learning outcomes",
        (MIDWIVES, "Trauma is in the capabilities, but no outcome asks anybody to show it."),
        (
            (NURSES, "Outcome 2 could end with “and with attention to earlier harm”."),
            (PHYSIOTHERAPISTS, "I would rather see it in all four than in a fifth."),
            (PUBLIC, "Please write it where somebody has to assess it."),
            (DOCTORS, "Outcome 3 is the best sentence in the document."),
        ),
    ),
    Talk(
        "Purpose and scope",
        (OTHERS, "Men's pelvic health appears twice. Is that the intended balance?"),
        (
            (PHYSIOTHERAPISTS, "A third of my caseload are men after prostate surgery. Show it."),
            (PUBLIC, "Seconded. I looked for myself in this draft and found one half-sentence."),
        ),
    ),
    Talk(
        "Target group and entry",
        (OTHERS, "Pharmacists are not in the target group, though we run the clinics' medicines."),
        (
            (DOCTORS, "Then the requirement should be about medicines, not about examination."),
            (NURSES, "The employer's signature will be the hard part. Could a template help?"),
        ),
    ),
)  # fmt: skip

# What is said when the script has run out: short, and never decisive.
AFTERTHOUGHTS = (
    "I have read the section again. The wording is better than I remembered.",
    "That persuades me more than the number did.",
    "Could the developers answer this before we close?",
    "I would sign that sentence.",
    "Thank you, that was the missing piece for me.",
    "Let us not lose the point about protected time.",
    "I still hesitate, but for a different reason now.",
    "My team discussed this today and came to the same view.",
)
CLOSING = "Most have voted and nothing has moved for a while."
