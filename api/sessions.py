"""Sessions of players: a new token after a login, a renewal or a change of the password."""

from __future__ import annotations

from dataclasses import dataclass

from api.operation import Answer, link
from api.schemas import LoginResponse
from api.tokens import Identity, Role, Tokens
from warehouse.store.protocol import Player

_USER_ID = "$response.body#/userId"
LOGGED_IN = Answer(
    LoginResponse,
    links={
        "balance": link("get__balance", "The player's balance."),
        "events": link("get__events", "The player's events.", userId=_USER_ID),
        "stats": link("get__stats", "The player's event counts by type.", userId=_USER_ID),
    },
)


@dataclass(frozen=True)
class Sessions:
    """Issues tokens to players."""

    tokens: Tokens
    ttl_seconds: int

    def begin(self, identity: Identity) -> LoginResponse:
        """Return a new token of a player."""
        return LoginResponse(
            user_id=int(identity.subject),
            token=self.tokens.mint(identity, self.ttl_seconds),
            token_type="Bearer",  # noqa: S106 (a name)  # nosec B106
            expires_in=self.ttl_seconds,
        )


def player_identity(player: Player, store_id: str) -> Identity:
    """Return the identity of a player who logs in.

    The generation is as old as the player's password hash. So if another request changes the
    password while this one verifies it, the new token belongs to an ended session.
    """
    return Identity(Role.PLAYER, str(player.user_id), store_id, player.session_generation)
