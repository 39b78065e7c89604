"""Bearer tokens: the valid ones, and every way of being none."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey

from api.auth import Identity, Tokens, tokens
from api.settings import Settings, SettingsError
from schema.errors import Unauthenticated

HOUR = timedelta(hours=1)


@pytest.fixture
def local(tmp_path: Path) -> Tokens:
    return tokens(Settings(data_folder=tmp_path))


def test_a_signed_token_says_who_and_until_when(local: Tokens) -> None:
    person = uuid4()

    identity = local.check(f"Bearer {local.sign(person, HOUR)}")

    assert identity.person_id == person
    assert identity.expires_at is not None
    assert timedelta(minutes=59) < identity.expires_at - datetime.now(UTC) <= HOUR
    assert identity.key == str(person)


def test_without_a_header_nobody_is_known(local: Tokens) -> None:
    assert local.check(None) == Identity()


def test_a_second_process_uses_the_same_key_which_only_its_owner_can_read(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path)
    token = tokens(settings).sign(uuid4(), HOUR)

    assert tokens(settings).check(f"Bearer {token}").person_id is not None
    assert (tmp_path / "signing-key.json").stat().st_mode & 0o077 == 0


def test_a_signature_is_checked_once_and_an_expiry_every_time(
    local: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    authorization = f"Bearer {local.sign(uuid4(), HOUR)}"
    identity = local.check(authorization)
    decoded: list[str] = []
    decode = jwt.decode

    def noted(token: str, *more: Any, **named: Any) -> jwt.Token:
        decoded.append(token)
        return decode(token, *more, **named)

    monkeypatch.setattr(jwt, "decode", noted)

    assert local.check(authorization) is identity
    assert decoded == []

    later = datetime.now(UTC) + 2 * HOUR
    with monkeypatch.context() as patch:
        patch.setattr("time.time", later.timestamp)
        patch.setattr("api.auth.datetime", _At(later))
        with pytest.raises(Unauthenticated):
            local.check(authorization)
    assert len(decoded) == 1


class _At:
    """The class `datetime` at another moment."""

    fromtimestamp = datetime.fromtimestamp

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self, _zone: object) -> datetime:
        """Return the moment."""
        return self._moment


def forged(header: dict[str, str], claims: dict[str, object], signature: bytes = b"") -> str:
    parts = (orjson.dumps(header), orjson.dumps(claims), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def claims(**changes: object) -> dict[str, object]:
    later = int((datetime.now(UTC) + HOUR).timestamp())
    usual = {"iss": "concordat", "aud": "concordat", "sub": str(uuid4()), "exp": later}
    return {key: value for key, value in (usual | changes).items() if value is not None}


def own(tmp_path: Path, body: dict[str, object]) -> str:
    key = OKPKey.import_key(orjson.loads((tmp_path / "signing-key.json").read_bytes()))
    return jwt.encode({"alg": "Ed25519"}, body, key, algorithms=["Ed25519"])


@pytest.mark.parametrize(
    "make",
    [
        lambda _: forged({"alg": "none"}, claims()),
        lambda _: forged({"alg": "HS256"}, claims(), b"x" * 32),
        lambda _: "no.token",
        lambda _: "x" * 9_000,
        lambda _: "💥",
        lambda path: own(path, claims(exp=1)),
        lambda path: own(path, claims(exp=None)),
        lambda path: own(path, claims(exp="soon")),
        lambda path: own(path, claims(exp=10**30)),
        lambda path: own(path, claims(iss="somebody")),
        lambda path: own(path, claims(aud="others")),
        lambda path: own(path, claims(sub="nurse")),
        lambda path: own(path, claims(sub=None)),
        lambda path: own(path, claims())[:-4] + "AAAA",
    ],
)
def test_what_is_no_valid_token_is_refused(
    local: Tokens, tmp_path: Path, make: Callable[[Path], str]
) -> None:
    with pytest.raises(Unauthenticated):
        local.check(f"Bearer {make(tmp_path)}")


@pytest.mark.parametrize("header", ["Basic eDp5", "Bearer", "Bearer ", "token"])
def test_another_scheme_is_refused_with_the_right_one(local: Tokens, header: str) -> None:
    with pytest.raises(Unauthenticated, match="Bearer <token>"):
        local.check(header)


def test_an_issuer_elsewhere_signs_and_this_process_does_not(tmp_path: Path) -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    path = tmp_path / "keys.json"
    path.write_bytes(orjson.dumps(KeySet([key]).as_dict(private=False)))
    foreign = tokens(Settings(auth_keys=path, auth_issuer="https://id.example"))
    body = claims(iss="https://id.example")
    token = jwt.encode({"alg": "ES256", "kid": key.kid}, body, key)

    assert foreign.check(f"Bearer {token}").person_id == UUID(str(body["sub"]))
    with pytest.raises(SettingsError, match="AUTH_KEYS is set"):
        foreign.sign(uuid4(), HOUR)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"keys": 1}', '{"keys": [{"kty": "x"}]}'])
def test_keys_that_cannot_be_read_are_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)

    with pytest.raises(SettingsError, match=r"keys\.json cannot be read as a JWK Set"):
        tokens(Settings(auth_keys=path))
