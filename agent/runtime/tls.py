"""TLS towards the ACS: which versions, ciphers and certificates are good enough (hardening T6)."""

import logging
import ssl

from agent.runtime.endpoint import AcsEndpoint, Unreachable

logger = logging.getLogger(__name__)

_MODERN = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM"
# Old ACSs know RSA key exchange with CBC and SHA-1 MACs only; TLS 1.2 and the certificate checks stay.
_COMPAT = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AES:kRSA+AESGCM:kRSA+AES:!aNULL:!eNULL:!aDSS:!AESCCM"
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which the ssl module does not name


def context_for(endpoint: AcsEndpoint, *, wall_clock_trusted: bool) -> ssl.SSLContext:
    """A context that verifies chain and host name; only dates go unchecked, and only while the clock is not trusted.

    Raises Unreachable naming the file that cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    is_compat = endpoint.tls_profile == "compat"
    context.set_ciphers(_COMPAT if is_compat else _MODERN)
    context.hostname_checks_common_name = is_compat  # certificates as old as those ACSs have no subjectAltName
    if is_compat:
        logger.warning("tls_profile is compat: ciphers without forward secrecy are offered to the ACS")
    if not wall_clock_trusted:
        logger.warning("the clock is not set: dates of the ACS's certificate are not checked")
        context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    _load_authorities(context, endpoint.ca_file)
    if endpoint.client_certificate:
        _load_client_certificate(context, endpoint.client_certificate, endpoint.client_key)
    return context


def _load_authorities(context: ssl.SSLContext, ca_file: str) -> None:
    if not ca_file:
        context.load_default_certs()
        return
    # An owner who names an intermediate, or the ACS's own certificate, means to trust just that.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ValueError) as error:
        raise Unreachable(f"CA file {ca_file} cannot be used: {_words(error)}") from None


def _load_client_certificate(context: ssl.SSLContext, certificate: str, key: str) -> None:
    try:
        # An empty password makes an encrypted key an error; without one OpenSSL would ask on the terminal.
        context.load_cert_chain(certificate, key or None, password="")
    except (OSError, ValueError) as error:
        files = f"{certificate} and {key}" if key else certificate
        raise Unreachable(f"client certificate {files} cannot be used: {_words(error)}") from None


def refusal(error: Exception, host: str) -> str:
    """Why a handshake with ``host`` failed, in words for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of {host} is not accepted: {error.verify_message}"
    return f"TLS with {host} failed: {_words(error)}"


def _words(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return str(reason or type(error).__name__).lower().replace("_", " ")
