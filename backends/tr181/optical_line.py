"""The ONT as the data model sees it: its status, since when, and what of it belongs into the history of faults."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from backends.faults import Faults
from backends.omci.acs_chain import AcsNamed, NoneNamed
from backends.omci.entities import HIDDEN, SECRETS
from backends.omci.notices import AlarmsTold, AllAlarms, Changed, LineIs, Notice, PonAlarms
from backends.omci.onts import ANI, ONU_G, PPTP, VEIP
from backends.omci.picture import Key, Picture, alarm_texts, name_of, values
from backends.omci.units import NOBODY, level
from backends.omci.watching import TOPICS, Watching
from backends.tr181.optical_part import LineSettings

KIND: Final = "optical"
PON: Final = "PON"
"""What an alarm below OMCI is about."""
FAULT: Final = frozenset({"fault"})
AT_ONCE, PACE = 64, 2.0
"""News that are noted at once, and how many more in a second: the others wait, of each entity the newest."""
MOST_STANDING: Final = 16
"""Alarms of the ONT that stand at once: those of other kinds have their places too."""
UNI_STATES: Final = {VEIP: (1, 2), PPTP: (5, 6)}
"""By class of a port towards the user, the attributes that are its administrative and its operational state."""
MEASURED: Final = frozenset({(ANI, 10), (ANI, 14)})
"""Attributes that say how much light there is: that it changes is no event."""
UNTOLD: Final = frozenset({148, 157})
"""Classes whose changes are no events: who the ACS is told, and URLs, which may have a password."""


class OpticalLine:
    """Read in the owner's thread; ``watching`` is at work in another."""

    def __init__(
        self,
        watching: Watching,
        settings: LineSettings,
        faults: Faults | None = None,
        clock: Callable[[], float] = time.monotonic,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        """``forget``: a factory reset has the totals of counters begin anew."""
        self.forget = forget
        self.settings = settings
        self._watching = watching
        self._faults = faults
        self._clock = clock
        self._since: dict[Key, tuple[str, float]] = {}
        self._allowance, self._allowed_at = float(AT_ONCE), clock()

    @property
    def picture(self) -> Picture:
        """What is known of the ONT now."""
        return self._watching.picture

    @property
    def acs(self) -> AcsNamed | NoneNamed | None:
        """What the OLT says of the ACS; None before anything is known."""
        return self._watching.acs

    def onus(self) -> list[int]:
        """The ONUs that are known: there is one also where an ANI was heard of and nothing of the ONU itself yet."""
        return self.picture.instances(ONU_G) or [0] * bool(self.picture.instances(ANI))

    # -- status -------------------------------------------------------------------------------------------------------

    def is_enabled(self) -> bool:
        """Whether the ONT is administratively unlocked."""
        onus = self.picture.instances(ONU_G)
        return all(self.picture.number(ONU_G, onu, 7) == 0 for onu in onus)

    def ani_status(self, ani: int) -> str:
        """Of the optical interface: by its activation where that is told, else by its level; never up without light."""
        picture = self.picture
        if not picture.is_there:
            return "Unknown"
        if not self.is_enabled() or picture.pon_alarms.get("LOS"):
            return "Down"
        if picture.state is not None:
            return "Up" if picture.state == "O5" else "Down"
        return "Up" if level(picture.octets(ANI, ani, 10)) > NOBODY * 1000 else "Down"

    def uni_status(self, key: Key) -> str:
        """Of a port towards the user; operational state 1 is "disabled"."""
        admin, operational = (self.picture.number(*key, index) for index in UNI_STATES[key[0]])
        if not self.picture.is_there or operational is None:
            return "Unknown"
        return "Down" if operational or admin else "Up"

    def last_change(self, key: Key) -> int:
        """Seconds since the status of an ANI or a port became what it is, as far as this agent has seen."""
        self._follow_status()
        since = self._since.get(key)
        return 0 if since is None else max(0, int(self._clock() - since[1]))

    def _follow_status(self) -> None:
        now = self._clock()
        for key in self.picture.entities:
            status = self.ani_status(key[1]) if key[0] == ANI else self.uni_status(key) if key[0] in UNI_STATES else ""
            if status and self._since.get(key, ("",))[0] != status:
                self._since[key] = (status, now)

    # -- what has happened --------------------------------------------------------------------------------------------

    def look(self, topics: frozenset[str]) -> frozenset[str]:
        """What the ONT has said since the last time goes into the history; the topics of what that changes."""
        if not topics & TOPICS:
            return frozenset()
        self._follow_status()
        news = [self._note(notice) for notice in self._watching.notices(self._admitted())]
        self._allowance -= sum(news)
        return FAULT if any(news) else frozenset()

    def _admitted(self) -> int:
        """How many notices may be noted now: an ONT that talks without end does not keep the agent busy."""
        now = self._clock()
        self._allowance = min(self._allowance + (now - self._allowed_at) * PACE, AT_ONCE)
        self._allowed_at = now
        return int(self._allowance)

    def _note(self, notice: Notice) -> bool:
        faults = self._faults
        if faults is None:
            return False
        match notice:
            case AlarmsTold(key, bitmap):
                return self._note_alarms(faults, f"{name_of(key)}: ", alarm_texts(key, bitmap))
            case AllAlarms(bitmaps):
                every = [alarm_texts(key, bitmap) for key, bitmap in bitmaps.items()]
                return self._note_alarms(faults, "", {about: text for each in every for about, text in each.items()})
            case PonAlarms(active):
                texts = {f"{PON}: {name}": f"the ONT tells of {name} (the PON)" for name in sorted(active)}
                return self._note_alarms(faults, f"{PON}: ", texts)
            case Changed(key, octets) if key[0] not in UNTOLD:
                events = {index: each for index, each in octets.items() if (key[0], index) not in MEASURED}
                told = {
                    attribute.name: HIDDEN if (key[0], attribute.index) in SECRETS else attribute.told(value)
                    for attribute, value in values(key[0], events)
                }
                text = ", ".join(f"{name} is {value}" for name, value in told.items())
                return bool(told) and faults.happened(KIND, name_of(key), text, severity="Indeterminate")
            case LineIs(True):
                lines = [about for kind, about in faults.alarms if kind == KIND and ": " not in about]
                back = [faults.clear_alarm(KIND, about, "the ONT is heard again") for about in lines]
                return any(back)
            case LineIs(False, why):
                return faults.raise_alarm(KIND, self.settings.device, f"the ONT is not heard: {why}")
        return False

    @staticmethod
    def _note_alarms(faults: Faults, mine: str, active: Mapping[str, str]) -> bool:
        """``mine``: how begins what the alarms are about of which these are all; "": of every entity of the ONT's."""
        of_ont = {about for kind, about in faults.alarms if kind == KIND and ": " in about}
        others = f"{PON}: "
        standing = {one for one in of_ont if (one.startswith(mine) if mine else not one.startswith(others))}
        over = [faults.clear_alarm(KIND, about, f"it is over: {about}") for about in standing - active.keys()]
        room = MOST_STANDING - len(of_ont) + len(over)
        raised = [(about, text) for about, text in active.items() if about not in standing][: max(room, 0)]
        new = [faults.raise_alarm(KIND, about, text) for about, text in raised]
        return any([*over, *new])
