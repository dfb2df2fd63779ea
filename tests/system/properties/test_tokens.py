"""Every changed token is invalid."""

from __future__ import annotations

import base64

from hypothesis import assume, example, given
from hypothesis import strategies as st

from api.errors import ProblemError
from api.tokens import Identity, Role, Tokens
from tests.system.properties.profile import examples

SECRET = "a secret for tests that is long enough to be taken"  # noqa: S105 (guards nothing)
TOKENS = Tokens(SECRET)
IDENTITIES = st.one_of(
    st.builds(
        lambda user_id, store_id: Identity(Role.PLAYER, str(user_id), store_id),
        st.integers(1, 2**63 - 1),
        st.uuids().map(str),
    ),
    st.sampled_from(["operator", "night shift", "Zoë", "1"]).map(
        lambda name: Identity(Role.OPERATOR, name)
    ),
)


def refused(token: str) -> bool:
    """Return whether a token is refused as invalid."""
    try:
        TOKENS.read(token)
    except ProblemError as error:
        if (error.status, error.code) != (401, "invalid_token"):
            raise
        return True
    return False


@examples(short=100, long=5000)
@given(IDENTITIES, st.integers(1, 10**9))
def test_a_token_says_whose_it_is(identity: Identity, ttl_seconds: int) -> None:
    assert TOKENS.read(TOKENS.mint(identity, ttl_seconds)).identity == identity


@examples(short=200, long=10_000)
@given(st.integers(0, 10**6), st.one_of(st.sampled_from("AZaz09-_.="), st.characters()))
def test_a_token_with_one_other_character_is_refused(place: int, character: str) -> None:
    """The exception is an equal signature: base64 ignores two bits of the last character."""
    token = TOKENS.mint(Identity(Role.PLAYER, "1"), 60)
    place %= len(token)
    assume(token[place] != character)
    changed = token[:place] + character + token[place + 1 :]
    assert refused(changed) != _is_same_signature(token, changed)


def _is_same_signature(token: str, changed: str) -> bool:
    """Return whether two tokens differ only in the encoding of the same signature."""
    *content, signature = token.split(".")
    *changed_content, changed_signature = changed.split(".")
    if content != changed_content or not changed_signature.isascii():
        return False
    padding = "=" * (-len(signature) % 4)
    try:
        decoded = base64.urlsafe_b64decode(changed_signature + padding)
    except ValueError:
        return False
    return decoded == base64.urlsafe_b64decode(signature + padding)


@examples(short=150, long=5000)
@given(st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")))
@example("eyJhbGciOiJub25lIn0.e30.")
def test_no_other_text_is_a_token(text: str) -> None:
    assert refused(text)


@examples(short=50, long=2000)
@given(IDENTITIES, st.text(min_size=32, max_size=64))
def test_a_token_of_another_secret_is_refused(identity: Identity, secret: str) -> None:
    assume(secret != SECRET)
    assert refused(Tokens(secret).mint(identity, 60))
