"""Who takes part in the demo. Every person and every organisation here is fictional."""

from __future__ import annotations

from dataclasses import dataclass

from domain.models.organisations import Nation, OrganisationKind
from domain.models.stakeholders import ConstituencyKind

ADMIN = ("Iris Lindqvist", "iris.lindqvist@example.org")
SECRETARIAT = ("Tom Abernathy", "tom.abernathy@example.org")
MODERATOR = ("Ruth Calloway", "ruth.calloway@example.org")
DEVELOPER = ("Hana Petrov", "hana.petrov@example.org")
BOARD = (
    ("Ruth Okafor", "ruth.okafor@example.org"),
    ("Gareth Pugh", "gareth.pugh@example.org"),
)
VISITOR = ("A visitor", "visitor@example.org")

NURSES = "Nurses"
PHYSIOTHERAPISTS = "Physiotherapists"
MIDWIVES = "Midwives"
DOCTORS = "Doctors"
OTHERS = "Other professions"
PUBLIC = "Patients and public"

CONSTITUENCIES = {
    NURSES: ConstituencyKind.PROFESSION,
    PHYSIOTHERAPISTS: ConstituencyKind.PROFESSION,
    MIDWIVES: ConstituencyKind.PROFESSION,
    DOCTORS: ConstituencyKind.PROFESSION,
    OTHERS: ConstituencyKind.OTHER,
    PUBLIC: ConstituencyKind.PATIENTS_AND_PUBLIC,
}

ORGANISATIONS = {
    "Northmoor Hospitals (fictional)": (OrganisationKind.EMPLOYER, Nation.ENGLAND),
    "Glen Averon Health (fictional)": (OrganisationKind.EMPLOYER, Nation.SCOTLAND),
    "Cwm Heli Community Care (fictional)": (OrganisationKind.EMPLOYER, Nation.WALES),
    "Lough Carra Care Trust (fictional)": (OrganisationKind.EMPLOYER, Nation.NORTHERN_IRELAND),
    "University of Westerleigh (fictional)": (OrganisationKind.EDUCATION_PROVIDER, Nation.ENGLAND),
    "Strathmoor University (fictional)": (OrganisationKind.EDUCATION_PROVIDER, Nation.SCOTLAND),
    "College of Pelvic Practice (fictional)": (OrganisationKind.PROFESSIONAL_BODY, None),
    "Voices for Pelvic Health (fictional)": (OrganisationKind.PATIENT_ORGANISATION, None),
}

NORTHMOOR, AVERON, HELI, CARRA, WESTERLEIGH, STRATHMOOR, COLLEGE, VOICES = ORGANISATIONS

# Name, address and the provider whose delivery plan the person answers for.
PROVIDER_LEADS = (
    ("Noor Haddad", "noor.haddad@example.org", WESTERLEIGH),
    ("Callum Reid", "callum.reid@example.org", STRATHMOOR),
)


@dataclass(frozen=True)
class Participant:
    """A stakeholder of the exercise; `profession` is None for patients and the public."""

    name: str
    constituency: str
    profession: str | None
    organisation: str
    guest: bool = False

    @property
    def email(self) -> str:
        """The address, made from the name."""
        words = self.name.lower().replace("'", "").split()
        return f"{'.'.join(words)}@example.org"


def _group(
    constituency: str, profession: str | None, *members: tuple[str, str]
) -> tuple[Participant, ...]:
    return tuple(
        Participant(name, constituency, profession, organisation) for name, organisation in members
    )


PANEL = (
    *_group(
        NURSES,
        "Nurse",
        ("Amara Okafor", NORTHMOOR),
        ("Bethan Pugh", HELI),
        ("Grace Kimani", NORTHMOOR),
        ("Joan Whitlock", COLLEGE),
        ("Marek Nowak", CARRA),
        ("Siobhan Daly", CARRA),
    ),
    *_group(
        PHYSIOTHERAPISTS,
        "Physiotherapist",
        ("Dev Chaudhary", NORTHMOOR),
        ("Eilidh Fraser", AVERON),
        ("Freya Lindholm", COLLEGE),
        ("Kofi Mensah", NORTHMOOR),
        ("Priya Raman", WESTERLEIGH),
        ("Rhys Morgan", HELI),
    ),
    *_group(
        MIDWIVES,
        "Midwife",
        ("Chloe Barrett", NORTHMOOR),
        ("Fatima Zahra", AVERON),
        ("Niamh Gallagher", CARRA),
        ("Olive Sandford", COLLEGE),
    ),
    *_group(
        DOCTORS,
        "Doctor",
        ("Anil Mehta", NORTHMOOR),
        ("Helena Strand", AVERON),
        ("Jonah Pryce", HELI),
        ("Zoe Castellan", COLLEGE),
    ),
    *_group(OTHERS, "Pharmacist", ("Lena Vogel", NORTHMOOR)),
    *_group(OTHERS, "Occupational therapist", ("Sam Ashdown", AVERON)),
    *_group(OTHERS, "Practitioner psychologist", ("Ines Duarte", STRATHMOOR)),
    *_group(OTHERS, "Diagnostic radiographer", ("Theo Marsh", NORTHMOOR)),
    *_group(OTHERS, "Dietitian", ("Wen Li", HELI)),
    *_group(
        PUBLIC,
        None,
        ("Alice Thornbury", VOICES),
        ("Desmond Clarke", VOICES),
        ("Maeve Connolly", VOICES),
        ("Parveen Akhtar", VOICES),
        ("Yusuf Demir", VOICES),
    ),
)

# The parts that a visitor of the page may play; the simulated panel leaves them alone.
GUESTS = (
    Participant("Robin Guest", NURSES, "Nurse", NORTHMOOR, guest=True),
    Participant("Sasha Guest", PHYSIOTHERAPISTS, "Physiotherapist", AVERON, guest=True),
    Participant("Jo Guest", PUBLIC, None, VOICES, guest=True),
)
PARTICIPANTS = (*PANEL, *GUESTS)
