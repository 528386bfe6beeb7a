"""The secrets that a worker and the rig share."""

from __future__ import annotations

import base64
import time

import jwt
import pytest

from fastlanes_sim.rig.tokens import Keys


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys(spawned=2)


def test_a_run_token_is_what_a_worker_verifies(keys: Keys) -> None:
    public = base64.b64decode(keys.public_key)
    claims = jwt.decode(keys.run_token("some-run"), public, algorithms=["RS256"], issuer="Lightning")
    assert claims["id"] == "some-run"


def test_a_run_token_opens_its_own_run_only(keys: Keys) -> None:
    token = keys.run_token("a")
    assert keys.is_of_run(token, "a")
    assert not keys.is_of_run(token, "b")
    for other in (None, 3, "", "x.y.z", Keys().run_token("a"), jwt.encode({"id": "a", "iss": "Lightning"}, "s" * 32, algorithm="HS256")):
        assert not keys.is_of_run(other, "a")


def test_a_workers_token_says_who_it_is(keys: Keys) -> None:
    def token(secret: str, **more: object) -> str:
        return jwt.encode({"worker_id": "w", "iat": int(time.time()), **more}, secret, algorithm="HS256")

    assert keys.who(token(keys.secret)) == ("w", None)
    assert keys.who(token(keys.secrets[1])) == ("w", 1)
    assert keys.who(token("another secret that is long enough")) is None
    assert keys.who(token(keys.secret, exp=1)) is None
    assert keys.who(jwt.encode({"worker_id": "w"}, "", algorithm="none")) is None
    assert keys.who("") is None
