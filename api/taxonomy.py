"""Judges the events of clients by `events.yml`, and documents its event types."""

from __future__ import annotations

from itertools import islice
from typing import Any

from pydantic import BaseModel

from api.errors import ProblemError
from api.requests import MAX_ERRORS, MAX_FIELD_NAME
from api.schemas import EventRequest, EventsRequest, FieldError
from warehouse.taxonomy.events_file import EventType, Taxonomy


def warnings_of(taxonomy: Taxonomy | None, event: EventRequest) -> list[FieldError] | None:
    """Return the misfits of an event to record; None without any, or without a taxonomy.

    Raises:
        ProblemError: 400; the event does not fit, and the taxonomy is strict.
    """
    if taxonomy is None:
        return None
    misfits = [
        FieldError(
            field=f"meta.{misfit.field}"[:MAX_FIELD_NAME] if misfit.field else "eventType",
            code=misfit.reason,
            message=f"Expected {misfit.expected}",
        )
        for misfit in islice(taxonomy.misfits(event.event_type, event.meta), MAX_ERRORS)
    ]
    if misfits and taxonomy.is_strict:
        raise ProblemError(
            400,
            "event_misfit",
            "The event does not fit events.yml. Correct the fields in `errors`.",
            errors=misfits,
        )
    return misfits or None


def examples(taxonomy: Taxonomy, body: type[BaseModel]) -> dict[str, Any]:
    """Return an example of a request for each event type, with its fields in words."""
    described: dict[str, Any] = {}
    for name, declared in taxonomy.events.items():
        event: dict[str, Any] = {"eventType": name}
        if declared.fields:
            event["meta"] = declared.example()
        described[name] = {
            "summary": name,
            "description": _in_words(declared),
            "value": {"events": [event]} if body is EventsRequest else event,
        }
    return described


def _in_words(declared: EventType) -> str:
    lines = [declared.description] if declared.description else []
    for name, field in declared.fields.items():
        required = ", required" if field.required else ""
        lines.append(f"- `{name}`: {field.expected}{required}. {field.description}".rstrip())
    return "\n".join(lines)
