"""The secrets that a worker and its Lightning share, made anew at each start: nothing of them is kept.

A worker proves itself with a JWT (HS256, WORKER_SECRET); a run's channel is joined with a JWT of that run (RS256), which the worker checks
where it has WORKER_LIGHTNING_PUBLIC_KEY. Source: `Lightning.Workers` and the worker's `worker-token.ts`, `claim.ts`.
"""

from __future__ import annotations

import base64
import secrets
import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

RUN_ISSUER = "Lightning"
_LIVES = 24 * 3_600
_SKEW = 10


class Keys:
    """The keys of one rig."""

    def __init__(self, spawned: int = 0) -> None:
        """`spawned`: so many workers get a secret of their own, by which their connection is told."""
        self._private = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        self.secret = secrets.token_urlsafe(32)
        """WORKER_SECRET of whoever is not started by the rig."""
        self.secrets = [secrets.token_urlsafe(32) for _ in range(spawned)]
        """WORKER_SECRET of each that is."""

    @property
    def public_key(self) -> str:
        """WORKER_LIGHTNING_PUBLIC_KEY: base64 of the PEM, as Lightning's setup prints it."""
        public = self._private.public_key()
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(pem).decode()

    def run_token(self, run_id: str) -> str:
        """What the reply to a claim carries beside the run's id."""
        now = int(time.time())
        claims = {"iss": RUN_ISSUER, "id": run_id, "iat": now, "nbf": now, "exp": now + _LIVES}
        return jwt.encode(claims, self._private, algorithm="RS256")

    def is_of_run(self, token: object, run_id: str) -> bool:
        """Whether it is a token of this run."""
        if not isinstance(token, str):
            return False
        try:
            claims = jwt.decode(token, self._private.public_key(), algorithms=["RS256"], issuer=RUN_ISSUER, leeway=_SKEW)
        except jwt.PyJWTError:
            return False
        return claims.get("id") == run_id

    def who(self, token: str) -> tuple[str, int | None] | None:
        """(the process's own id, its number if the rig started it), or None: it is no worker's token."""
        for number, secret in [(None, self.secret), *enumerate(self.secrets)]:
            try:
                claims = jwt.decode(token, secret, algorithms=["HS256"], leeway=_SKEW)
            except jwt.PyJWTError:
                continue
            return str(claims.get("worker_id", ""))[:200], number
        return None
