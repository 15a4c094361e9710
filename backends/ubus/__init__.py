"""OpenWrt's bus, ubus, by its socket: calls (``Bus``), and a presence of one's own there (``BusService``)."""

from backends.ubus.blobmsg import Kind, Malformed, NotWritable, Number
from backends.ubus.client import SOCKET, Bus, BusObject, Call
from backends.ubus.errors import (
    BusError,
    ConnectionLost,
    NoBus,
    NoSuchMethod,
    NotPermitted,
    NotThere,
    NotUnderstood,
    Status,
    TookTooLong,
    WrongArgument,
)
from backends.ubus.listening import Subscription
from backends.ubus.published import Method, Published, Request
from backends.ubus.service import BusService

__all__ = [
    "SOCKET",
    "Bus",
    "BusError",
    "BusObject",
    "BusService",
    "Call",
    "ConnectionLost",
    "Kind",
    "Malformed",
    "Method",
    "NoBus",
    "NoSuchMethod",
    "NotPermitted",
    "NotThere",
    "NotUnderstood",
    "NotWritable",
    "Number",
    "Published",
    "Request",
    "Status",
    "Subscription",
    "TookTooLong",
    "WrongArgument",
]
