"""TLS of connectors' requests: whom to trust and what to show, by target (connector-framework.md 6.1, 6.2)."""

import os
import ssl
import tempfile
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from engine.model.settings import HttpSettings, VerificationMode
from engine.ports.http import NO_TLS_OPTIONS, ClientCertificate, HttpFailure, TlsOptions
from engine.ports.target import Target
from engine.service.proxying import ContextByName

_MOST_CONTEXTS = 200


@dataclass(frozen=True, slots=True)
class EffectiveTls:
    """What holds for one request. ``is_only_ca``: ``ca`` is trusted instead of the system's certificates."""

    mode: VerificationMode
    ca: bytes | None = None
    is_only_ca: bool = False
    certificate: ClientCertificate | None = field(default=None, repr=False)


class TlsContexts:
    """Makes the TLS contexts of requests, one for all requests that want the same."""

    def __init__(self, settings: HttpSettings) -> None:
        self._mode = settings.verification_mode
        self._hosts = {host.url: host for host in reversed(settings.custom_hosts)}
        self._contexts: OrderedDict[EffectiveTls, ssl.SSLContext] = OrderedDict()
        self._joined: OrderedDict[tuple[EffectiveTls, EffectiveTls], ContextByName] = OrderedDict()

    def effective(self, target: Target, options: TlsOptions) -> EffectiveTls:
        """The operator's settings for the target, then the connector's options, then the operator's for all."""
        host = self._hosts.get(target.origin)
        mode = (host and host.verification_mode) or options.verification_mode or self._mode
        if host is None or host.ca is None:
            return EffectiveTls(mode, options.ca, certificate=options.certificate)
        return EffectiveTls(mode, host.ca.encode(), is_only_ca=True, certificate=options.certificate)

    def context_for(self, target: Target, options: TlsOptions = NO_TLS_OPTIONS) -> ssl.SSLContext | bool:
        """The context; True = the library's own. Raises HttpFailure for certificates that cannot be used."""
        if target.scheme != "https":
            return True
        wanted = self.effective(target, options)
        return True if wanted == EffectiveTls("full") else self._context(wanted)

    def context_through(
        self, proxy: Target, mode: VerificationMode, target: Target, options: TlsOptions
    ) -> ssl.SSLContext | bool:
        """The same for a request through a proxy, of whose own certificate ``mode`` is checked.

        The authorities of a custom host with the proxy's URL are trusted there, too.
        """
        if proxy.scheme != "https":
            return self.context_for(target, options)
        host = self._hosts.get(proxy.origin)
        ca = None if host is None or host.ca is None else host.ca.encode()
        of_proxy = EffectiveTls(mode, ca, is_only_ca=ca is not None)
        of_target = self.effective(target, options) if target.scheme == "https" else EffectiveTls("full")
        if (of_proxy, of_target) not in self._joined:
            contexts = self._context(of_proxy), self._context(of_target)
            self._joined[of_proxy, of_target] = ContextByName.join(proxy.host, *contexts)
            if len(self._joined) > _MOST_CONTEXTS:
                self._joined.popitem(last=False)
        self._joined.move_to_end((of_proxy, of_target))
        return self._joined[of_proxy, of_target]

    def _context(self, wanted: EffectiveTls) -> ssl.SSLContext:
        if wanted not in self._contexts:
            self._contexts[wanted] = _build(wanted)
            if len(self._contexts) > _MOST_CONTEXTS:
                self._contexts.popitem(last=False)
        self._contexts.move_to_end(wanted)
        return self._contexts[wanted]


def _build(wanted: EffectiveTls) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if wanted.is_only_ca:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if wanted.mode != "full":
        context.check_hostname = False
    if wanted.mode == "none":
        context.verify_mode = ssl.CERT_NONE
    if wanted.ca is not None:
        try:
            context.load_verify_locations(cadata=wanted.ca.decode("ascii"))
        except (ssl.SSLError, ValueError):
            raise _unusable("the certificate authorities (ca) are no certificates in PEM") from None
    if wanted.certificate is not None:
        _load(context, wanted.certificate)
    return context


def _load(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    """Python reads client certificates from files only: one that nobody else may read is there for a moment."""
    pem = _pem_of_pfx(certificate) if certificate.pfx else certificate.key + b"\n" + certificate.certificate
    handle, name = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
        # Without a passphrase the library would ask for one at the terminal.
        passphrase = "" if certificate.pfx else certificate.passphrase or ""
        context.load_cert_chain(name, password=passphrase)
    except (ssl.SSLError, ValueError, OSError):
        raise _unusable("the client certificate and its key cannot be read, with this passphrase or without") from None
    finally:
        Path(name).unlink()


def _pem_of_pfx(certificate: ClientCertificate) -> bytes:
    """Key and certificates of a PKCS #12 file."""
    # A large library that few connectors need.
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

    passphrase = certificate.passphrase.encode() if certificate.passphrase else None
    try:
        key, own, others = pkcs12.load_key_and_certificates(certificate.pfx, passphrase)
    except ValueError:
        raise _unusable("the client certificate (pfx) cannot be read, with this passphrase or without") from None
    if key is None or own is None:
        raise _unusable("the client certificate (pfx) holds no certificate with its key")
    parts = [key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())]
    return b"".join(parts + [each.public_bytes(Encoding.PEM) for each in (own, *others)])


def _unusable(text: str) -> HttpFailure:
    return HttpFailure("ERR_TLS_CERTIFICATE", text, is_retryable=False)
