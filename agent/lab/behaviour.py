"""How a lab ACS departs from the plainest one: each field is something that real ACSs do and a CPE must bear."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The departures; the defaults are a plain, well-behaved ACS. Counters start again when a new one is set."""

    hold_requests: bool = False
    """HoldRequests=1 in every envelope; the empty reply at the end of the ACS's requests lets the CPE speak."""
    close_each_reply: bool = False
    """``Connection: close`` after every reply: the session must go on over its cookie."""
    empty_200: bool = False
    """200 without a body where others answer 204."""
    faulted_informs: int = 0
    """How many Informs are answered with ``inform_fault`` before the first is accepted."""
    inform_fault: int = 8005
    """The ACS fault code for them; 8005 asks for the same Inform again in the same session."""
    refused_posts: int = 0
    """How many POSTs are refused with the HTTP status ``refuse_status`` before the first is served."""
    refuse_status: int = 503
    redirect_to: str = ""
    """The URL to which POSTs are redirected."""
    redirect_status: int = 302
    redirected_posts: int = 0
    """How many POSTs are redirected before the first is served; 0 means all, for ever."""
    drop_at_exchange: int = 0
    """The exchange of a session, 1 being its Inform, whose POST is read and never answered: the connection closes."""
    drops: int = 1
    """How often that happens; after it the exchange is served."""
    chunked: bool = False
    """Replies with ``Transfer-Encoding: chunked``."""
    gzip_replies: bool = False
    """Replies with ``Content-Encoding: gzip``."""
    reply_delay: float = 0.0
    """Seconds to wait before each CWMP reply."""
    namespace_version: str = ""
    """The CWMP version, "1.0" … "1.4", whose namespace the ACS uses; empty: that of the CPE's Inform."""
    use_version: str = ""
    """UseCWMPVersion in the InformResponse, such as "1.4"; empty: the header is absent."""
    undeclared_prefixes: bool = False
    """Envelopes with prefixes that nothing declares, as perl-cwmp sends them."""
    malformed_fault: bool = False
    """Faults as ``<soap-env:Body:Fault>``, as GenieACS sends them: not namespace-well-formed."""
    demand_cookie: bool = False
    """400 to a POST that does not bring the session's cookie, even on the session's own connection."""
    nonce_uses: int = 0
    """After how many uses a Digest nonce is answered with a fresh one and ``stale=true``; 0: never."""
    nonce_per_connection: bool = False
    """A Digest nonce holds on its TCP connection only, as with GenieACS."""
    authenticate_inform_only: bool = False
    """Credentials are asked for the Inform only, not for each POST of the session."""

    def __post_init__(self) -> None:
        if self.redirect_status not in (301, 302, 303, 307, 308):
            raise ValueError(f"redirect_status {self.redirect_status} is not one of 301 302 303 307 308")
        if not 8000 <= self.inform_fault <= 8899:
            raise ValueError(f"inform_fault {self.inform_fault} is not an ACS fault code, 8000 … 8899")
        if not 400 <= self.refuse_status <= 599:
            raise ValueError(f"refuse_status {self.refuse_status} is not an HTTP error, 400 … 599")
        if self.namespace_version not in ("", "1.0", "1.1", "1.2", "1.3", "1.4"):
            raise ValueError(f"namespace_version {self.namespace_version!r} is not one of 1.0 1.1 1.2 1.3 1.4")


def parse_behaviour(settings: list[str]) -> Behaviour:
    """A Behaviour from ``name`` (a claim that is true) and ``name=value`` texts; ValueError says what is allowed."""
    kinds: dict[str, type] = {field.name: type(field.default) for field in fields(Behaviour)}
    chosen: dict[str, Any] = {}
    for setting in settings:
        name, given, text = setting.partition("=")
        name = name.strip().replace("-", "_")
        if name not in kinds:
            raise ValueError(f"unknown behaviour {name!r}; known: {', '.join(kinds)}")
        if kinds[name] is bool:
            if given and text.lower() not in ("0", "1", "false", "true"):
                raise ValueError(f"{name} is true or false, not {text!r}")
            chosen[name] = not given or text.lower() in ("1", "true")
            continue
        try:
            chosen[name] = kinds[name](text)
        except ValueError:
            raise ValueError(f"{name} takes a {kinds[name].__name__}, not {text!r}") from None
    return Behaviour(**chosen)
