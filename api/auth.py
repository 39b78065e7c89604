"""Who is asking: bearer tokens, checked alike over HTTP and in connection_init."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from api.keys import local_key
from api.settings import Settings, SettingsError
from schema.errors import Unauthenticated

ALGORITHMS = ["Ed25519", "ES256", "RS256"]
LONGEST_TOKEN = 8 * 1024
KNOWN = 10_000
"""Tokens that are kept as valid; a signature takes longer to check than many a query to answer."""
LEEWAY = 30  # seconds that clocks may differ


@dataclass(frozen=True, slots=True)
class Identity:
    """What a valid token says: who, and until when. Nobody known has neither."""

    person_id: UUID | None = None
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    address: str = ""

    @property
    def lasts(self) -> bool:
        """Whether the token has not expired yet, however fast the issuer's clock is."""
        return self.expires_at is not None and datetime.now(UTC) < self.expires_at

    @property
    def key(self) -> str:
        """Name the principal for limits: the person, or the address of somebody unknown."""
        return str(self.person_id or self.address)


class Tokens:
    """Checks tokens against the issuer's public keys; signs only with a local key."""

    def __init__(self, settings: Settings, keys: KeySet, signer: OKPKey | None) -> None:
        self._issuer = settings.auth_issuer
        self._audience = settings.auth_audience
        self._keys = keys
        self._signer = signer
        self._known: OrderedDict[str, Identity] = OrderedDict()  # by tokens that were valid
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": settings.auth_issuer},
            aud={"essential": True, "value": settings.auth_audience},
            sub={"essential": True},
            exp={"essential": True},
        )

    def check(self, authorization: str | None) -> Identity:
        """Return who the header's bearer token speaks for; nobody known without a header.

        Raises Unauthenticated for any token that is not valid now.
        """
        if not authorization:
            return Identity()
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated('Please send the token as "Bearer <token>".')
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated(f"A token has at most {LONGEST_TOKEN:,} characters.")
        known = self._known.get(token)
        if known is not None and known.lasts:
            self._known.move_to_end(token)
            return known
        identity = self._check(token.strip())
        self._known[token] = identity
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return identity

    def _check(self, token: str) -> Identity:
        try:
            decoded = jwt.decode(token, self._keys, algorithms=ALGORITHMS)
            self._claims.validate(decoded.claims)
            person_id = UUID(str(decoded.claims["sub"]))
            expires_at = datetime.fromtimestamp(decoded.claims["exp"], UTC)
            issued = decoded.claims.get("iat")
            issued_at = None if issued is None else datetime.fromtimestamp(issued, UTC)
        except (JoseError, ValueError, TypeError, OverflowError, OSError):
            raise Unauthenticated(
                "This token is not valid here, or has expired. Please sign in again."
            ) from None
        return Identity(person_id, issued_at, expires_at)

    def sign(self, person_id: UUID, lifetime: timedelta) -> str:
        """Return a token for a person; SettingsError where tokens come from another issuer."""
        if self._signer is None:
            raise SettingsError("AUTH_KEYS is set: tokens come from its issuer, not from here.")
        now = datetime.now(UTC)
        return jwt.encode(
            {"alg": "Ed25519", "kid": self._signer.kid},
            {
                "iss": self._issuer,
                "aud": self._audience,
                "sub": str(person_id),
                "iat": now.timestamp(),  # exact, for sessions that begin just after all were ended
                "exp": int((now + lifetime).timestamp()),
            },
            self._signer,
            algorithms=ALGORITHMS,
        )


def tokens(settings: Settings) -> Tokens:
    """Return what checks tokens: by the issuer's keys, or by a local key made on first use."""
    if settings.auth_keys is not None:
        return Tokens(settings, _read(settings.auth_keys), None)
    path = settings.data_folder / "signing-key.json"
    key = local_key(path)
    return Tokens(settings, KeySet([key]), key)


def _read(path: Path) -> KeySet:
    try:
        return KeySet.import_key_set(orjson.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
        raise SettingsError(
            f"AUTH_KEYS {path} cannot be read as a JWK Set: {type(error).__name__}."
        ) from None
