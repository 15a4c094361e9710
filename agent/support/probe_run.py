"""One connection test: what a session does up to the accepted Inform, each step told with what was seen."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from socket import socket
from time import monotonic, time
from typing import Any, Final, NamedTuple, NoReturn

from agent.cwmp.messages import Envelope, Inform, Request, name_of
from agent.cwmp.session import InformRefused, Post, Session, SessionFailed
from agent.runtime.acs_session import parsed
from agent.runtime.clock import iso
from agent.runtime.endpoint import AcsEndpoint, HttpReply, Limits, TooNear, Turn, Unreachable, shown_url
from agent.runtime.failures import NO_ANSWER
from agent.runtime.wire import Address, Resolve, connect_through, resolve_by_system
from agent.support import probe_advice as advice
from agent.support.certificates import Certificate, chain_of, fitting, look

LIMITS: Final = Limits(connect_seconds=5.0, reply_seconds=10.0, session_seconds=40.0, grace_seconds=5.0, addresses=4)
DROPPED_AFTER: Final = 5
"""Seconds after which the ACS may forget the session (its header SessionTimeout), should the test be cut off."""
LOOK_WITHIN: Final = 5.0


class Step(NamedTuple):
    """A step that was made: which, whether it went well, what was seen, what to do, and facts for programs."""

    step: str
    ok: bool
    what: str
    next: str = ""
    details: Mapping[str, Any] = {}

    def line(self) -> dict[str, Any]:
        """As it is told."""
        return {"step": self.step, "ok": self.ok, "what": self.what, "next": self.next, "details": dict(self.details)}


class NotNow(Exception):
    """The owner does not let the test speak to the ACS; the text is a sentence."""


class _Over(Exception):
    """The failed step is told."""


class _WorkWaits(Exception):
    """The ACS has a request for the device."""


class ProbeRun:
    """Makes the steps in the thread that calls ``run``. ``lend`` gives the Inform once the test may speak, or NotNow.

    The Inform is real, and the ACS takes note of the device; but no event of the queue goes with it. What the ACS then
    asks is left to the next session: a fault would count as a failure there, an answer might change something here.
    """

    def __init__(
        self,
        endpoint: AcsEndpoint,
        lend: Callable[[], Inform],
        tell: Callable[[Step], None],
        *,
        resolve: Resolve = resolve_by_system,
        wall_clock_trusted: bool = True,
        limits: Limits = LIMITS,
    ) -> None:
        from agent.runtime.http import AcsClient  # loads requests: only who speaks to an ACS pays for it

        self._endpoint = endpoint
        self._lend = lend
        self._tell_all = tell
        self._resolve_by = resolve
        self._connect_by = connect_through(endpoint.interface)
        self._limits = limits
        self._client = AcsClient(
            endpoint,
            limits,
            resolve=self._resolve,
            connect=self._connect,
            wall_clock_trusted=wall_clock_trusted,
            on_turn=self._exchanged,
            on_open=self._opened,
        )
        self.stage = "dns"
        self._told: set[str] = set()
        self._host = ""
        self._refusals: list[OSError] = []
        self._address: Address | None = None
        self._turns: list[Turn] = []
        self._is_cancelled = False

    def run(self) -> None:
        """All steps, up to the first that fails."""
        try:
            self._guarded(self._connect_first)
            inform = self._lend()
            self._guarded(lambda: self._speak(inform))
        except _Over:
            pass
        except NotNow as reason:
            self._tell("inform", False, f"not sent: {reason}", "try again in a minute")
        finally:
            self._client.close()

    def cancel(self) -> None:
        """End it soon, from any thread."""
        self._is_cancelled = True
        self._client.abort()

    # -- the way there ----------------------------------------------------------------------------------------------

    def _connect_first(self) -> None:
        self._client.connect()
        self.stage = "http"

    def _resolve(self, host: str, port: int) -> list[Address]:
        self._require_going()
        self.stage, self._host = "dns", host
        with self._timed() as seconds:
            found = list(self._resolve_by(host, port))
        shown = [str(one.socket_address[0]) for one in found]
        is_address = [host] == shown
        what = f"{host} is an address" if is_address else f"{host} is {', '.join(shown)}"
        if found:
            self._once("dns", what, {"host": host, "addresses": shown, "seconds": seconds()})
        self.stage, self._refusals = "tcp", []
        return found

    def _connect(self, address: Address, seconds: float) -> socket:
        self._require_going()
        self.stage = "tcp"
        with self._timed() as passed:
            try:
                made = self._connect_by(address, seconds)
            except OSError as refusal:
                self._refusals.append(refusal)
                raise
        self._address, own = address, str(made.getsockname()[0])
        facts = {"address": str(address), "own_address": own, "interface": self._endpoint.interface}
        by = f" by {self._endpoint.interface}" if self._endpoint.interface else ""
        self._once("tcp", f"connected to {address} from {own}{by}", {**facts, "seconds": passed()})
        self.stage = "tls"
        return made

    def _opened(self, connection: socket) -> None:
        self.stage = "http"
        if not isinstance(connection, ssl.SSLSocket):
            next_step = "use https:// outside a laboratory"
            self._once("tls", "none: with http:// anybody on the way can read and change what is said", {}, next_step)
            return
        chain = chain_of(connection)
        cipher = (connection.cipher() or ("",))[0]
        matched = fitting(chain[0], self._host) if chain else ""
        facts = {"version": connection.version(), "cipher": cipher, "verified": True, "matched": matched}
        what = f"{connection.version()}, {cipher}"
        if chain:
            leaf = chain[0]
            what += f"; the certificate for {matched or leaf['subject']} is from {leaf['issuer']}"
            what += f", good until {leaf['not_after']}"
        self._once("tls", what, {**facts, "chain": chain})

    # -- the conversation -------------------------------------------------------------------------------------------

    def _speak(self, inform: Inform) -> None:
        session = Session(inform, _leave, lambda: None, lambda *_: None, session_timeout=DROPPED_AFTER)
        order: Any = session.start()
        waiting = trouble = ""
        try:
            while isinstance(order, Post):
                order = session.receive(self._post(order.envelope, session.informed))
        except _WorkWaits as request:
            waiting = str(request)
        except InformRefused as refused:
            who = f"{inform.device_id.oui}-{inform.device_id.product_class}-{inform.device_id.serial_number}"
            next_step = f"ask the ACS's operator why; to it this device is {who.replace('--', '-')}"
            self._fail("inform", str(refused), next_step, {"fault": refused.fault.code})
        except (SessionFailed, Unreachable) as failure:
            if not session.informed:
                if isinstance(failure, Unreachable):
                    raise
                self._no_acs(f"what answers is not an ACS: {failure}", {})
            trouble = str(failure)
        what = f"the ACS at {shown_url(self._endpoint.url)} accepts it and speaks CWMP {session.version}"
        if trouble:
            self._fail("inform", f"{what}; but then: {trouble}", "the operator of the ACS sees in its log why")
        if waiting:
            what += f"; it has work for this device ({waiting}), which is left to the next session"
        self._tell("inform", True, what, details={"version": session.version, "waiting": waiting})

    def _post(self, envelope: Envelope | None, is_informed: bool) -> Envelope | None:
        from agent.cwmp import soap

        self._turns.clear()
        reply = self._client.post(None if envelope is None else list(soap.render_chunks(envelope)))
        self._went_in()
        try:
            return parsed(reply)
        except soap.Malformed as problem:
            if is_informed:
                raise Unreachable(f"the ACS's reply is no CWMP message: {problem}", host_answered=True) from None
            self._no_acs(advice.of_no_acs(reply.headers.get("content-type", ""), reply.body), _seen(reply))

    def _no_acs(self, what: str, details: Mapping[str, Any]) -> NoReturn:
        self._fail("inform", what, "check host, port and path of the URL", details)

    def _exchanged(self, turn: Turn) -> None:
        self._turns.append(turn)
        if not turn.status:
            return
        self.stage = "http"
        is_spoken = 200 <= turn.status < 300 or turn.status in (401, *advice.OF_INFORM)
        if is_spoken:
            hops = [one.url for one in self._turns if 300 <= one.status < 400]
            asks = " and asks who this is" if turn.status == 401 else ""
            where = f", after a redirect to {turn.url}" if hops else ""
            what = f"answers {turn.status} within {1000 * turn.seconds:.0f} ms{asks}{where}"
            facts = {"status": turn.status, "seconds": round(turn.seconds, 4), "url": turn.url, "redirected_by": hops}
            self._once("http", what, facts)

    def _went_in(self) -> None:
        kind = self._client.log_in
        name = self._endpoint.username
        if kind:
            self._once("authentication", f"{kind}: user name {name} and its password are accepted", {"scheme": kind})
        else:
            self._once("authentication", "the ACS asks for no user name", {"scheme": ""})

    # -- what went wrong --------------------------------------------------------------------------------------------

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Unreachable as failure:
            if not self._is_cancelled:
                self._explain(failure)
            raise _Over from None

    def _explain(self, failure: Unreachable) -> NoReturn:
        reason = failure.reason
        if isinstance(failure, TooNear):
            self._fail("http" if failure.host_answered else "tcp", reason, advice.after_too_near(failure.host_answered))
        if any(300 <= turn.status < 400 for turn in self._turns) and self.stage != "http":
            reason = f"after the redirect to {self._host}: {reason}"
        match self.stage:
            case "dns":
                self._fail("dns", reason, self._after_no_name(failure.__context__))
            case "tcp":
                self._fail("tcp", reason, advice.after_no_connection(self._refusals))
            case "tls":
                self._refused_tls(reason, failure.__context__)
        status = self._turns[-1].status if self._turns else 0
        if status == 401:
            name = self._endpoint.username
            shown = f"{reason} (user name {name})" if name else reason
            self._fail("authentication", shown, advice.after_log_in(reason, bool(self._endpoint.password)))
        if status in advice.OF_INFORM:
            self._went_in()
            self._fail("inform", reason, advice.after_status(status), {"status": status})
        next_step = advice.after_status(status)
        is_stranger = self._endpoint.url.startswith("https:") and not self._endpoint.client_certificate
        if not status and is_stranger and (reason == NO_ANSWER or "reset" in reason):  # that overtakes the words why
            reason += "; an ACS that wants a certificate of its client may end a connection so"
            next_step = (
                "check the port of the URL; if the ACS knows its devices by certificates, give this one's as "
                "[acs] client_certificate and client_key"
            )
        elif not status and "certificate" in reason:
            next_step = "give the certificate that the ACS knows as [acs] client_certificate and client_key"
        elif 300 <= status < 400:
            next_step = "write the URL to which the ACS redirects, or have the ACS mended"
        self._fail("http", reason, next_step, {"status": status})

    def _after_no_name(self, cause: BaseException | None) -> str:
        return advice.after_no_name(cause, self._endpoint.interface, name_servers())

    def _refused_tls(self, reason: str, cause: BaseException | None) -> NoReturn:
        chain: list[Certificate] = []
        if isinstance(cause, ssl.SSLCertVerificationError) and self._address:
            with suppress(OSError):
                chain = look(self._endpoint, self._connect_by(self._address, LOOK_WITHIN), self._host)
        more, next_step = advice.after_no_tls(cause, self._host, chain, iso(time()) or "")
        details = {"verified": False, "chain": chain, "matched": fitting(chain[0], self._host) if chain else ""}
        details["lacks_authority"] = advice.lacks_authority(cause)
        if "cannot be used" in reason:
            next_step = "check [acs] ca_file, client_certificate and client_key in the settings file"
        self._fail("tls", f"{reason}: {more}" if more else reason, next_step, details)

    # -- telling ----------------------------------------------------------------------------------------------------

    def _once(self, step: str, what: str, details: Mapping[str, Any], next_step: str = "") -> None:
        """A step that went well; what a redirect repeats is not told again."""
        if step not in self._told:
            self._tell(step, True, what, next_step, details)

    def _fail(self, step: str, what: str, next_step: str, details: Mapping[str, Any] | None = None) -> NoReturn:
        self._tell(step, False, what, next_step, details or {})
        raise _Over

    def _tell(
        self, step: str, ok: bool, what: str, next_step: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        self._told.add(step)
        if not self._is_cancelled:
            self._tell_all(Step(step, ok, what, next_step, details or {}))

    def _require_going(self) -> None:
        if self._is_cancelled:
            raise OSError("cancelled")

    @contextmanager
    def _timed(self) -> Iterator[Callable[[], float]]:
        began = monotonic()
        yield lambda: round(monotonic() - began, 4)


def name_servers(file: str = "/etc/resolv.conf") -> list[str] | None:
    """Whom the system's resolver asks, nobody where it is told nothing; None where that cannot be read."""
    try:
        with open(file, encoding="utf-8", errors="replace") as lines:
            words = [line.split() for line in lines]
    except FileNotFoundError:
        return []
    except OSError:
        return None
    return [each[1] for each in words if len(each) > 1 and each[0] == "nameserver"]


def _leave(request: Request) -> NoReturn:
    raise _WorkWaits(name_of(request))


def _seen(reply: HttpReply) -> dict[str, Any]:
    return {"status": reply.status, "content_type": reply.headers.get("content-type", "")[:80]}
