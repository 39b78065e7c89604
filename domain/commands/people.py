"""Writes of people and of the register of professions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, func, insert, select

from domain.errors import Conflict, Invalid, NotFound
from domain.events import (
    MEMBERS,
    MODERATORS,
    PersonAdded,
    PersonEdited,
    ProfessionAdded,
    SignedOutEverywhere,
)
from domain.ids import new_id
from domain.models.organisations import Nation
from domain.models.people import (
    Grouping,
    Person,
    PersonProfession,
    Profession,
    ProfessionGrouping,
    ProfessionRegulator,
    Regulator,
)
from domain.models.topics import BODY_ID, TopicKind
from domain.permissions import Permission
from domain.texts import NAME_LENGTH, clean
from domain.unit_of_work import UnitOfWork

EMAIL_LENGTH = 254

SAME_EMAIL = select(Person).where(func.lower(Person.email) == func.lower(bindparam("email")))
SAME_PROFESSION = select(Profession).where(
    func.lower(Profession.name) == func.lower(bindparam("name"))
)
KNOWN_PROFESSIONS = select(Profession.id).where(Profession.id == func.any(bindparam("ids")))
REGULATORS = select(Regulator.code, Regulator.id).order_by(Regulator.code)
GROUPINGS = select(Grouping.name, Grouping.id).order_by(Grouping.name)


async def add_person(
    uow: UnitOfWork,
    *,
    name: str,
    email: str,
    nation: Nation | None = None,
    professions: Sequence[UUID] = (),
) -> UUID:
    """Enter a person in the register and open their own topic; return their id."""
    uow.authorise(Permission.ADMINISTER, None, doing="adding a person")
    return await enter_person(
        uow, new_id(), name=name, email=email, nation=nation, professions=professions
    )


async def enter_person(
    uow: UnitOfWork,
    id: UUID,
    *,
    name: str,
    email: str,
    nation: Nation | None = None,
    professions: Sequence[UUID] = (),
) -> UUID:
    """Insert a person under an id, with the topic of what is theirs alone; return the id."""
    person = Person(
        id=id,
        name=clean(name, "name", limit=NAME_LENGTH),
        email=await _free_email(uow, email, None),
        nation=nation,
        created_at=uow.now,
    )
    await uow.add(uow.open_topic(id, TopicKind.PERSON))
    await uow.add(person)
    await _practise(uow, id, professions)
    uow.emit(BODY_ID, PersonAdded(person_id=id), MODERATORS)
    return id


async def edit_person(
    uow: UnitOfWork,
    *,
    person_id: UUID,
    name: str,
    email: str,
    nation: Nation | None,
    professions: Sequence[UUID],
    expected_revision: int | None,
) -> UUID:
    """Replace a person's entry: by themself, or by an administrator."""
    if person_id != uow.actor_id:
        uow.authorise(Permission.ADMINISTER, None, doing="editing somebody else's entry")
    person = await uow.session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound("There is no person with this id.", ("person_id",))
    uow.expect(person, expected_revision)
    person.name = clean(name, "name", limit=NAME_LENGTH)
    person.email = await _free_email(uow, email, person.id)
    person.nation = nation
    person.revision += 1
    await uow.session.execute(
        delete(PersonProfession).where(PersonProfession.person_id == person.id)
    )
    await _practise(uow, person.id, professions)
    uow.emit(BODY_ID, PersonEdited(person_id=person.id, revision=person.revision), MODERATORS)
    return person.id


async def sign_out_everywhere(uow: UnitOfWork, *, person_id: UUID) -> UUID:
    """End every session of a person: by themself, or by an administrator; return their id.

    Tokens that were issued before now are not valid any more, and what follows live is closed.
    """
    if person_id != uow.actor_id:
        uow.authorise(Permission.ADMINISTER, None, doing="ending somebody else's sessions")
    person = await uow.session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound("There is no person with this id.", ("person_id",))
    person.signed_out_at = uow.now
    signed_out = SignedOutEverywhere(person_id=person.id)
    uow.emit(BODY_ID, signed_out, MODERATORS)
    uow.emit(person.id, signed_out, MEMBERS)
    uow.rights_changed(person.id)
    return person.id


async def add_profession(
    uow: UnitOfWork, *, name: str, regulators: Sequence[str], groupings: Sequence[str] = ()
) -> UUID:
    """Enter a profession with the codes of its regulators and the names of its groupings."""
    uow.authorise(Permission.ADMINISTER, None, doing="adding a profession")
    wanted = clean(name, "name", limit=NAME_LENGTH)
    same = (await uow.session.scalars(SAME_PROFESSION, {"name": wanted})).one_or_none()
    if same is not None:
        raise Conflict(
            f"There is a profession of this name already: {same.name}.", ("name",), current=same
        )
    if not regulators:
        raise Invalid("A profession has at least one regulator.", ("regulators",))
    known_regulators = await _by_name(uow, REGULATORS)
    known_groupings = await _by_name(uow, GROUPINGS)
    _require_known(regulators, known_regulators, "regulators")
    _require_known(groupings, known_groupings, "groupings")
    profession = Profession(name=wanted)
    await uow.add(profession)
    await uow.add(
        *(
            ProfessionRegulator(profession_id=profession.id, regulator_id=known_regulators[code])
            for code in dict.fromkeys(regulators)
        ),
        *(
            ProfessionGrouping(profession_id=profession.id, grouping_id=known_groupings[each])
            for each in dict.fromkeys(groupings)
        ),
    )
    uow.emit(BODY_ID, ProfessionAdded(profession_id=profession.id))
    return profession.id


async def _by_name(uow: UnitOfWork, statement: Select[str, UUID]) -> dict[str, UUID]:
    return {row[0]: row[1] for row in await uow.session.execute(statement)}


def _require_known(wanted: Sequence[str], known: Mapping[str, UUID], path: str) -> None:
    for each in wanted:
        if each not in known:
            raise NotFound(f"{each!r} is not known here. Known: {', '.join(known)}.", (path,))


async def _free_email(uow: UnitOfWork, email: str, own_id: UUID | None) -> str:
    wanted = clean(email, "email", limit=EMAIL_LENGTH)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", wanted):
        raise Invalid("An address has the form name@example.org.", ("email",))
    for other in await uow.session.scalars(SAME_EMAIL, {"email": wanted}):
        if other.id != own_id:
            raise Conflict("Somebody has this address already.", ("email",))
    return wanted


async def _practise(uow: UnitOfWork, person_id: UUID, professions: Sequence[UUID]) -> None:
    if not professions:
        return
    wanted = sorted(set(professions))
    known = set(await uow.session.scalars(KNOWN_PROFESSIONS, {"ids": wanted}))
    if known != set(wanted):
        raise NotFound("One of the professions does not exist.", ("professions",))
    await uow.session.execute(
        insert(PersonProfession),
        [{"person_id": person_id, "profession_id": each} for each in wanted],
    )
