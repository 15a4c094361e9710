"""Gives memory back to the system: a router has little, and what was freed is held by the C library until asked for."""

import ctypes
import gc
import reprlib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import FrozenInstanceError, fields
from functools import cache
from operator import attrgetter
from types import FunctionType, ModuleType
from typing import Any, Final

PACKED: Final = "cpe_agent_library"
"""What imports the agent's modules where they are packed (openwrt/library.py)."""


def give_back() -> None:
    """Collect cycles, and return free pages of the heap where the C library can (glibc does; musl always has)."""
    packed = sys.modules.get(PACKED)
    if packed is not None:
        packed.library.release()
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def slim_data_classes() -> None:
    """Let go of what ``@dataclass`` keeps in memory for each class that there is, and nobody needs.

    Of the generated methods (four kilobytes for each of some hundred classes) those that do the same become one for
    all, or a small one around C's own; ``__init__`` stays, and so does what a class or a base has written itself.

    With it go the classes that ``@dataclass(frozen=True, slots=True)`` has put another in the place of. Up to Python
    3.13 the interpreter's own methods of the new class hold the old one (CPython's gh-105936): a kilobyte or two for
    each, and a TypeError instead of FrozenInstanceError for what is no field. Up to 3.11.2 so does the attribute that
    weak references would be kept in (gh-102069).
    """
    _slim(gc.get_objects())
    gc.collect()


def slim_while_loading() -> None:
    """Do this for each module of the packed library when it is loaded: what goes makes room for the next one.

    Until the agent runs nothing else is collected: what is too old when its module is there would stay for long.
    """
    packed = sys.modules.get(PACKED)
    if packed is not None:
        packed.library.loaded = _slim_module
        gc.disable()


def _slim_module(module: ModuleType) -> None:
    _slim(one for one in list(vars(module).values()) if getattr(one, "__module__", "") == module.__name__)
    gc.collect(1)


def _slim(objects: Iterable[Any]) -> int:
    """How many data classes were among these."""
    found = [one for one in objects if isinstance(one, type) and "__dataclass_fields__" in vars(one)]
    for one in found:
        if "__slots__" in vars(one):
            _hold_itself(one)
        _share(one)
        own = vars(one)["__dataclass_params__"]
        setattr(one, "__dataclass_params__", _PARAMS.setdefault(repr(own), own))  # noqa: B010 - mypy knows no such
    return len(found)


def _hold_itself(new: type[Any]) -> None:
    for name in ("__setattr__", "__delattr__"):
        method = vars(new).get(name)
        for cell in (method.__closure__ or ()) if isinstance(method, FunctionType) else ():
            if _is_replaced(cell.cell_contents, new):
                cell.cell_contents = new
    if _is_replaced(getattr(vars(new).get("__weakref__"), "__objclass__", new), new):
        del new.__weakref__


def _is_replaced(old: Any, new: type[Any]) -> bool:
    """Whether the new class stands in for this one."""
    if not isinstance(old, type) or old is new:
        return False
    return (old.__module__, old.__qualname__) == (new.__module__, new.__qualname__)


def _share(declared: type[Any]) -> None:
    compiled = {name: vars(declared)[name] for name in _GENERATED if _is_generated(vars(declared).get(name))}
    for name, shared in _SHARED.items():
        if name in compiled and all(_is_shareable(name, vars(base)) for base in declared.__mro__[1:-1]):
            setattr(declared, name, shared)
    if "__init__" in compiled:
        compiled["__init__"].__annotations__ = {}
    if str(declared.__doc__).startswith(f"{declared.__name__}(") and "__init__" in compiled:
        declared.__doc__ = None
    each = fields(declared)
    if "__eq__" in compiled and (compared := tuple(field.name for field in each if field.compare)):
        declared.__eq__ = _equal(_values(compared))
    hashed = tuple(field.name for field in each if (field.compare if field.hash is None else field.hash))
    if "__hash__" in compiled and hashed:
        declared.__hash__ = _hash(_values(hashed))


def _is_generated(method: Any) -> bool:
    inner = getattr(method, "__wrapped__", method)
    return isinstance(inner, FunctionType) and inner.__code__.co_filename == "<string>"


def _is_shareable(name: str, base: Mapping[str, Any]) -> bool:
    """Whether what a base says of this method, if anything, is what the shared one does for it."""
    return name not in base or base[name] is _SHARED[name] or _is_generated(base[name])


@cache
def _values(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """All of these attributes in a tuple: one name alone would be no tuple, which looks at identity first."""
    return attrgetter(*names) if len(names) > 1 else attrgetter(names[0], names[0])


@cache
def _equal(values: Callable[[Any], Any]) -> Any:
    def __eq__(self: Any, other: Any) -> Any:  # noqa: N807 - the name that a traceback says
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


@cache
def _hash(values: Callable[[Any], Any]) -> Any:
    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(values(self))

    return __hash__


@reprlib.recursive_repr()
def _repr(self: Any) -> str:
    owner = next(one for one in type(self).__mro__ if vars(one).get("__repr__") is _repr)
    shown = (field.name for field in fields(owner) if field.repr)
    return f"{self.__class__.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _set(self: Any, name: str, value: Any) -> None:
    _refuse(self, name, "__setattr__", "assign to")
    object.__setattr__(self, name, value)


def _delete(self: Any, name: str) -> None:
    _refuse(self, name, "__delattr__", "delete")
    object.__delattr__(self, name)


def _refuse(self: Any, name: str, method: str, what: str) -> None:
    """FrozenInstanceError for what is no instance of a plain subclass, and there as well for what is a field."""
    for owner in type(self).__mro__:
        if vars(owner).get(method) is _SHARED[method] and (
            type(self) is owner or any(field.name == name for field in fields(owner))
        ):
            raise FrozenInstanceError(f"cannot {what} field {name!r}")


_PARAMS: Final[dict[str, Any]] = {}
_GENERATED: Final = ("__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__")
_SHARED: Final[dict[str, Any]] = {
    "__repr__": _repr, "__setattr__": _set, "__delattr__": _delete,
}  # fmt: skip
