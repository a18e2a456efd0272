"""Closed forms for interference: initial forces and the decay of overlaps."""

from polytheory.theory.interference import initial, pair
from polytheory.theory.interference.initial import *  # noqa: F403 - a topic has its rooms' names
from polytheory.theory.interference.pair import *  # noqa: F403

__all__ = initial.__all__ + pair.__all__
