"""The diagnostics as a part of the agent: what they stand on, and what they add to it."""

from agent.diagnostics.beside import connect
from agent.diagnostics.last_capture import LastCapture
from agent.diagnostics.operation import Diagnostics, Surroundings
from agent.features import Feature, Ground
from agent.runtime.events import Changed
from backends.tr181.diagnostics import book_of
from backends.tr181.diagnostics_capture import directory_of

ANSWER_WITHIN = 5.0
"""Seconds for the owner to take a person's request."""


def feature(ground: Ground) -> Feature:
    """See agent.features."""
    around = Surroundings(
        ground.delivery.events,
        ground.save_all,
        ground.schema.parameter,
        lambda topics: ground.inbox.put(Changed(topics)),
        lambda work: ground.inbox.ask(lambda _now: work(), ANSWER_WITHIN),
        ground.faults.happened,
    )
    diagnostics = Diagnostics(book_of(ground.mechanisms), around)
    connect(
        diagnostics,
        ground.mechanisms,
        ground.url_policy,
        ground.way_to_acs.of_files,
        ground.transfers.types,
        ground.device_id.oui,
    )
    capture = LastCapture(directory_of(ground.mechanisms))
    return Feature(
        operations=[diagnostics],
        verbs={"diagnostics": diagnostics.listed},
        streams={"diagnose": diagnostics.stream, "capture": capture.stream},
        started=lambda is_boot: diagnostics.started(is_boot=is_boot),
    )
