"""The words of the demo's programme: credentials, and one specification in full.

Areas and changes of title follow what was once planned; every text is invented.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.models.credentials import CredentialLinkKind
from domain.models.specifications import BlockKind

FICTIONAL = "A fictional text, written for this demonstration."


@dataclass(frozen=True)
class Title:
    """A credential's code, its area and its titles, the present one last."""

    code: str
    area: str
    titles: tuple[str, ...]
    state: str = ""
    """Where its specification is taken to; empty where none is begun."""


CREDENTIALS = (
    Title("PELVIC", "Pelvic health", ("Pelvic floor dysfunction", "Pelvic health"), "CONSULTATION"),
    Title("EOLC", "End of life care", ("End of life care",), "LAUNCHED"),
    Title("ONCO", "Non-surgical oncology", ("Non-surgical oncology",), "CANDIDATE"),
    Title("OLDER", "Older people", ("Frailty", "Older people"), "REVISING"),
    Title("ACUTE", "Acute medicine", ("Acute medicine",), "IN_DEVELOPMENT"),
    Title("RESP", "Respiratory", ("Respiratory",), "IN_DEVELOPMENT"),
    Title("SONO", "Sonography", ("Sonography",), "ABANDONED"),
    Title("ECHO", "Echocardiography", ("Echocardiography",), "IN_DEVELOPMENT"),
    Title("STROKE", "Acute stroke", ("Acute stroke",)),
    Title("REHAB", "Community rehabilitation", ("Rehabilitation", "Community rehabilitation")),
    Title("LDA", "Learning disability and autism", ("Learning disability and autism",)),
    Title("MSK", "Reporting musculoskeletal images", ("Reporting musculoskeletal images",)),
)

LINKS = (
    ("PELVIC", "OLDER", CredentialLinkKind.COMPANION, "Continence is a concern of both."),
    ("SONO", "ECHO", CredentialLinkKind.DIFFERENT_APPROACHES, "One organ, or every organ."),
    ("EOLC", "ONCO", CredentialLinkKind.SHARED, "Medicine takes part in both."),
)

SUMMARY = (
    "For registered professionals who lead the care of people with pelvic pain, prolapse, "
    "incontinence or altered sexual function, at advanced level and across settings. "
) + FICTIONAL

TARGETS = {
    "Nurse": "Two years in women's, men's or continence services.",
    "Physiotherapist": "Internal examination within present scope.",
    "Midwife": "Postnatal practice within the last three years.",
    "Occupational therapist": "Work with long-term pain or continence.",
}

PARAGRAPH, CAPABILITY = BlockKind.PARAGRAPH, BlockKind.CAPABILITY
OUTCOME, ASSESSMENT = BlockKind.LEARNING_OUTCOME, BlockKind.ASSESSMENT

# Heading of each section, then its blocks.
PELVIC = {
    "Purpose and scope": (
        (PARAGRAPH, ("This credential prepares people to see someone with a pelvic complaint from "
                    "first contact to discharge, without sending them round the houses.")),
        (PARAGRAPH, ("It does not cover surgery, fertility treatment or obstetric emergencies; it "
                    "says where those are taught instead.")),
    ),
    "Target group and entry": (
        (PARAGRAPH, ("Nurses, physiotherapists, midwives and occupational therapists may enter. "
                    "Each profession has one requirement of its own, set out in the table.")),
        (PARAGRAPH, "Entry asks for a signed agreement with an employer on time for learning."),
    ),
    "Capabilities": (
        (CAPABILITY, ("Take a sensitive history, including of trauma, and adapt the examination to "
                     "what the person consents to.")),
        (CAPABILITY, ("Lead shared decisions when a treatment carries long-term risk, and record "
                     "what was weighed.")),
        (CAPABILITY, "Interpret urodynamic and imaging reports in the light of a person's goals."),
        (CAPABILITY, ("Recognise when a presentation is outside one's scope and act within the "
                     "hour.")),
    ),
    "Learning outcomes": (
        (OUTCOME, ("Justify a plan of care for complex pelvic pain from evidence and from what "
                  "matters to the person.")),
        (OUTCOME, "Examine the pelvic floor safely, with dignity, and explain the findings."),
        (OUTCOME, "Evaluate a local pathway with those who use it, and change one step of it."),
        (OUTCOME, "Supervise a colleague through a first consultation and give feedback."),
    ),
    "Supervised practice": (
        (PARAGRAPH, "At least 160 hours of supervised practice, of which 40 in a second setting."),
        (PARAGRAPH, ("A supervisor has practised at advanced level for two years and meets the "
                    "learner every fortnight.")),
    ),
    "Assessment": (
        (ASSESSMENT, "A portfolio of twelve cases, three of them with a reflective commentary."),
        (ASSESSMENT, ("Two observed encounters, one of which is assessed by a trained patient "
                     "partner.")),
        (ASSESSMENT, "A presentation of the changed pathway to the team that has to run it."),
    ),
    "Keeping it current": (
        (PARAGRAPH, "Reviewed every three years, and sooner when safety guidance changes."),
    ),
}  # fmt: skip

# The headings that every other specification has, with one block each.
OTHERS = {
    "Purpose and scope": ((PARAGRAPH, "What the credential is for, and what it leaves out."),),
    "Capabilities": ((CAPABILITY, "Lead care in this area where the way ahead is not clear."),),
    "Learning outcomes": ((OUTCOME, "Justify a plan of care from evidence and values."),),
    "Assessment": ((ASSESSMENT, "A portfolio of cases and two observed encounters."),),
}

MODULES = {
    "University of Westerleigh (fictional)": (
        ("Conversations that matter", "Communication at the end of life.", 60, True),
        ("Symptoms and medicines", "Pharmacology in the last weeks of life.", 80, False),
    ),
    "Strathmoor University (fictional)": (
        ("Foundations", "Online, with two residential days.", 100, False),
    ),
}

ENGAGEMENT = "Pelvic health: is version 1 ready?"
PURPOSE = (
    "To hear where professions and the public agree about the draft, where they do not, and what "
    "would have to change before it goes to review."
)
BRIEFING = f"""## What we ask you

The draft of version 1 is complete. Please read the sections that concern you, say what you think
in the discussion, and take part in the ballots: you may change your vote until a ballot closes.

## How agreement is measured

Overall **and** in each constituency that has enough votes. Nobody is outvoted unnamed: where a
constituency dissents, the result says so.

{FICTIONAL}
"""
WEBINARS = (
    ("How to read the draft", -12, "https://example.org/pelvic-health/slides-1.pdf"),
    (
        "Supervised practice: what is realistic?",
        -5,
        "https://example.org/pelvic-health/slides-2.pdf",
    ),
    ("Questions and answers with the developers", 6, None),
)
ROUNDTABLE = "Examination, consent and trauma"
AGENDA = """1. What the draft asks of an examiner
2. What people who were examined would have wanted
3. One sentence that all of us can sign
"""
