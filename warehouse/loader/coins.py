"""What the events of a warehouse say of the players' coins, in SQL."""

from __future__ import annotations

# Earns and spends, as in `stg_api__events`. A `spend` without a balance is from an older version's
# client.
MOVES_COINS = """
(
    event_type = 'earn'
    or event_type = 'spend'
    and json_extract_string(try_cast(meta as json), '$.balance') is not null
)
"""
# The coins of such an event, negative for a `spend`; null if they cannot be parsed.
COIN_TEXT = "json_extract_string(try_cast(meta as json), '$.amount')"
COINS = f"""
case
    when regexp_full_match({COIN_TEXT}, '[1-9][0-9]*')
        then try_cast({COIN_TEXT} as bigint)::hugeint * if(event_type = 'spend', -1, 1)
end
"""
# Makes balances what the earns and spends in the warehouse add up to; of all players, or of those
# in a JSON list of ids.
CORRECT_BALANCES = f"""
update raw.players as landed set balance = moved.coins
from (
    select players.user_id, coalesce(sum({COINS}), 0)::bigint as coins
    from raw.players as players
    left join raw.game_events as events
        on players.user_id = events.user_id and {MOVES_COINS}
    where $user_ids is null
        or players.user_id in (select unnest(from_json($user_ids, '["bigint"]')))
    group by players.user_id
) as moved
where landed.user_id = moved.user_id and landed.balance is distinct from moved.coins
"""  # noqa: S608  # nosec B608
