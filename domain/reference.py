"""What every new installation begins with: regulators, groupings, professions and criteria.

The standards for delivery plans are here, too, in every edition under which one was judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

REGULATORS: Mapping[str, str] = {
    "GCC": "General Chiropractic Council",
    "GDC": "General Dental Council",
    "GMC": "General Medical Council",
    "GOC": "General Optical Council",
    "GOsC": "General Osteopathic Council",
    "GPhC": "General Pharmaceutical Council",
    "HCPC": "Health and Care Professions Council",
    "NMC": "Nursing and Midwifery Council",
    "PSNI": "Pharmaceutical Society of Northern Ireland",
}

ALLIED_HEALTH = "Allied health professions"
DENTAL = "Dental professions"
HEALTHCARE_SCIENCE = "Healthcare science"
MEDICINE = "Medicine and medical associates"
NURSING_AND_MIDWIFERY = "Nursing and midwifery"
OPTICAL = "Optical professions"
PHARMACY = "Pharmacy"
PSYCHOLOGY = "Psychology"

GROUPINGS = (
    ALLIED_HEALTH,
    DENTAL,
    HEALTHCARE_SCIENCE,
    MEDICINE,
    NURSING_AND_MIDWIFERY,
    OPTICAL,
    PHARMACY,
    PSYCHOLOGY,
)

# Name: the codes of its regulators, then the groupings that it belongs to. A grouping crosses
# regulators: osteopaths are an allied health profession, clinical scientists are not.
PROFESSIONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Anaesthesia associate": (("GMC",), (MEDICINE,)),
    "Arts therapist": (("HCPC",), (ALLIED_HEALTH,)),
    "Biomedical scientist": (("HCPC",), (HEALTHCARE_SCIENCE,)),
    "Chiropodist or podiatrist": (("HCPC",), (ALLIED_HEALTH,)),
    "Chiropractor": (("GCC",), ()),
    "Clinical scientist": (("HCPC",), (HEALTHCARE_SCIENCE,)),
    "Dental care professional": (("GDC",), (DENTAL,)),
    "Dentist": (("GDC",), (DENTAL,)),
    "Diagnostic radiographer": (("HCPC",), (ALLIED_HEALTH,)),
    "Dietitian": (("HCPC",), (ALLIED_HEALTH,)),
    "Dispensing optician": (("GOC",), (OPTICAL,)),
    "Doctor": (("GMC",), (MEDICINE,)),
    "Hearing aid dispenser": (("HCPC",), ()),
    "Midwife": (("NMC",), (NURSING_AND_MIDWIFERY,)),
    "Nurse": (("NMC",), (NURSING_AND_MIDWIFERY,)),
    "Nursing associate": (("NMC",), (NURSING_AND_MIDWIFERY,)),
    "Occupational therapist": (("HCPC",), (ALLIED_HEALTH,)),
    "Operating department practitioner": (("HCPC",), (ALLIED_HEALTH,)),
    "Optometrist": (("GOC",), (OPTICAL,)),
    "Orthoptist": (("HCPC",), (ALLIED_HEALTH,)),
    "Osteopath": (("GOsC",), (ALLIED_HEALTH,)),
    "Paramedic": (("HCPC",), (ALLIED_HEALTH,)),
    "Pharmacist": (("GPhC", "PSNI"), (PHARMACY,)),
    "Pharmacy technician": (("GPhC",), (PHARMACY,)),
    "Physician associate": (("GMC",), (MEDICINE,)),
    "Physiotherapist": (("HCPC",), (ALLIED_HEALTH,)),
    "Practitioner psychologist": (("HCPC",), (PSYCHOLOGY,)),
    "Prosthetist or orthotist": (("HCPC",), (ALLIED_HEALTH,)),
    "Speech and language therapist": (("HCPC",), (ALLIED_HEALTH,)),
    "Therapeutic radiographer": (("HCPC",), (ALLIED_HEALTH,)),
}


@dataclass(frozen=True, slots=True)
class CriterionText:
    """The first version of a criterion: what it asks for, how to judge it, its parts in order."""

    title: str
    guidance: str
    parts: tuple[str, ...]


# Criteria 1 to 3: whether a potential credential goes on to development.
GATEWAY = (
    CriterionText(
        "Answers a high-priority need",
        "Look for a need of a population, of patients or of a service that is named, evidenced and "
        "more pressing than others that compete for the same resources.",
        (
            "The population, the patients or the service that has the need is named.",
            "Evidence shows that the need exists and how large it is.",
            "The proposal says why this need comes before others.",
        ),
    ),
    CriterionText(
        "Feasible as a workforce intervention",
        "Look for signs that the credential can be developed and delivered with means that exist "
        "or can be found, and that education of the workforce is what the need calls for.",
        (
            "Educating practitioners is a fitting answer to the need.",
            "Development can be completed with the people, the time and the money in sight.",
            "Providers could deliver it and employers could release people to take it.",
        ),
    ),
    CriterionText(
        "Addresses advanced-level development",
        "Look for a gap in capability at advanced level that neither initial education nor what "
        "is already on offer closes.",
        (
            "The capability that is missing lies at advanced level.",
            "The practitioners who would develop it, and where they start from, are described.",
            "What exists already does not meet the need.",
        ),
    ),
)

# Criteria 4 to 10: whether a fully drafted candidate is endorsed.
ENDORSEMENT = (
    CriterionText(
        "Advanced-level capabilities in a specific area",
        "Judge whether the capabilities belong to one area of practice, whether they are advanced, "
        "and whether the edges of the area are clear.",
        (
            "The capabilities relate to the key activities of professionals in the area.",
            "They align to the named edition of the national framework for advanced practice.",
            "They deal with complexity, uncertainty and risk.",
            "They reflect learning at level 7.",
            "For what the specification does not cover, it says what it links to.",
        ),
    ),
    CriterionText(
        "Inclusive of the professions that can contribute",
        "Judge whether every profession that can work safely and effectively in the area can take "
        "the credential, and whether those left out are left out for a reason.",
        (
            "The target professions are named, each with what it requires.",
            "A profession that is not a target is left out for a stated reason.",
            "Entry asks for nothing that safe and effective practice does not need.",
        ),
    ),
    CriterionText(
        "A standardised unit of learning and assessment",
        "Judge whether different providers that follow the specification would arrive at the same "
        "standard, whatever the route by which they do.",
        (
            "Every learning outcome can be assessed, and the specification says how.",
            "The amount and the level of learning are stated.",
            "What is fixed for all providers is told apart from what they may decide.",
        ),
    ),
    CriterionText(
        "Safe and effective development and deployment",
        "Judge whether people are safe while practitioners learn, and whether services can use the "
        "capability once they have it.",
        (
            "Supervision and support in the workplace are described.",
            "Risks to patients during learning are named and answered.",
            "The specification says how services will deploy those who complete it.",
        ),
    ),
    CriterionText(
        "Founded on contemporary research and evidence",
        "Judge whether the content follows the best evidence there is, and is honest about where "
        "evidence is thin.",
        (
            "Sources are cited, current and relevant to the area.",
            "Where evidence is lacking or disputed, the specification says so.",
        ),
    ),
    CriterionText(
        "Responsive to changing needs",
        "Judge whether the specification can follow changes in practice, in services and in the "
        "populations that they serve.",
        (
            "The specification says what would make a review necessary.",
            "Parts that are likely to change can be revised without rewriting the whole.",
        ),
    ),
    CriterionText(
        "Developed through collaboration and consensus",
        "Judge whether those whom it concerns took part, whether they were heard, and how far they "
        "agree.",
        (
            "Patients, practitioners, employers, educators and regulators could take part.",
            "What they said, and what was done about it, is published.",
            "How far each constituency agrees was measured, and remaining objections are recorded.",
        ),
    ),
)


class OptionQuestion(StrEnum):
    """What an option for meeting a prioritised need is scored on, from 1 to 5."""

    FIT = "FIT"
    COST = "COST"
    TIME = "TIME"
    QUALITY = "QUALITY"


# Each version as it was asked, so that scores can be read years later: add one, and change none.
OPTION_QUESTIONS: Mapping[int, Mapping[OptionQuestion, str]] = {
    1: {
        OptionQuestion.FIT: "How well does it meet the need, for every profession and nation?",
        OptionQuestion.COST: "How affordable is it to develop and to deliver?",
        OptionQuestion.TIME: "How soon could practitioners begin to learn by it?",
        OptionQuestion.QUALITY: "How sure can we be that it meets the endorsement criteria?",
    },
}


@dataclass(frozen=True, slots=True)
class Standard:
    """What is asked of a plan for the delivery of a credential, and how to judge it."""

    title: str
    guidance: str


@dataclass(frozen=True, slots=True)
class DeliveryStandards:
    """One edition: what a plan must have to be reviewed, then what reviewers judge.

    Both are numbered from 1, in this order.
    """

    threshold: tuple[Standard, ...]
    standards: tuple[Standard, ...]


# By edition. What a plan was judged by has to stay readable, so a change is another edition.
DELIVERY_STANDARDS: Mapping[int, DeliveryStandards] = {
    1: DeliveryStandards(
        threshold=(
            Standard(
                "The provider is in a position to deliver",
                "It exists in law, and nothing about its finances or its standing speaks against "
                "taking learners now.",
            ),
            Standard(
                "The plan is for this version",
                "Modules, hours and assessments refer to the version that is launched.",
            ),
            Standard(
                "Everything that is asked for is there",
                "Supervision, placements and quality assurance are described and not only named.",
            ),
            Standard(
                "Partners have agreed",
                "Whoever is to provide placements or supervision has said so in writing.",
            ),
        ),
        standards=(
            Standard(
                "Learning leads to every outcome",
                "Judge whether the modules, in their order and at their length, would bring "
                "learners of each target profession to the learning outcomes.",
            ),
            Standard(
                "Assessment is valid and fair",
                "Judge whether each outcome is assessed at its level, by means that fit it, and "
                "alike for all who take part.",
            ),
            Standard(
                "Supervision keeps people safe",
                "Judge whether supervisors have the expertise, the time and the authority to keep "
                "patients and learners safe.",
            ),
            Standard(
                "Practice learning is within reach",
                "Judge whether there are enough suitable placements, and whether learners from "
                "every setting can take them up.",
            ),
            Standard(
                "Quality is looked after",
                "Judge whether the provider would notice what goes wrong, hear those concerned, "
                "and put it right.",
            ),
        ),
    ),
}
EDITION = max(DELIVERY_STANDARDS)
"""The edition under which plans are submitted now."""

APPROVAL_YEARS = 5
"""For how long a provider is approved."""
