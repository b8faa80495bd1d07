"""``customHostSettings``: what is wrong in an entry is told and left out (connector-framework.md 6.2)."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from engine.model.settings import HostSettings
from engine.ports.target import read_target
from tocsin.files.actions.section import HostMailSection, HostSection, HostTlsSection

_DEFAULT_PORTS = {"https": 443, "smtp": 25}
_LARGEST_FILE = 1024 * 1024


def read_custom_hosts(sections: Sequence[HostSection], folder: Path, warnings: list[str]) -> tuple[HostSettings, ...]:
    """The settings in the order of the entries. Relative paths of files count from ``folder``."""
    hosts: dict[str, HostSettings] = {}
    for number, section in enumerate(sections):
        entry = _Entry(f"customHostSettings.{number}", folder, warnings)
        host = entry.read(section)
        if host is None:
            continue
        if host.url in hosts:
            entry.warn(f"[{host.url}] is there already: the first entry counts")
            continue
        hosts[host.url] = host
    return tuple(hosts.values())


class _Entry:
    """Reads one entry, and tells what it has to leave out."""

    def __init__(self, path: str, folder: Path, warnings: list[str]) -> None:
        self._path, self._folder, self._warnings = path, folder, warnings

    def warn(self, text: str) -> None:
        self._warnings.append(f"{self._path}: {text}")

    def read(self, section: HostSection) -> HostSettings | None:
        url = self._canonical(section.url)
        if url is None:
            return None
        ignores_tls, requires_tls = self._mail(section.smtp, url)
        return HostSettings(
            url,
            None if section.ssl is None else section.ssl.verification_mode,
            None if section.ssl is None else self._ca(section.ssl),
            ignores_tls,
            requires_tls,
        )

    def _canonical(self, url: str) -> str | None:
        """``scheme://host:port``; None for what is no URL of a known kind. The texts never repeat the URL."""
        try:
            parts = urlsplit(url.strip())
            port = parts.port
            # Only the host is read by it: smtp has no rules of its own for that.
            target = read_target(parts._replace(scheme="https").geturl())
        except ValueError:
            self.warn("its url is no URL: the entry is left out")
            return None
        if parts.scheme not in _DEFAULT_PORTS:
            self.warn("its url starts neither with https:// nor with smtp://: the entry is left out")
            return None
        for part, is_there in (
            ("user and password", target.credentials is not None),
            ("path", target.resource != "/"),
            ("hash", bool(parts.fragment)),
        ):
            if is_there:
                self.warn(f"the {part} of its url is left out")
        return f"{parts.scheme}://{target.url_host}:{_DEFAULT_PORTS[parts.scheme] if port is None else port}"

    def _mail(self, section: HostMailSection | None, url: str) -> tuple[bool | None, bool | None]:
        """Whether TLS is ignored and whether it is required."""
        if section is None:
            return None, None
        if not url.startswith("smtp:"):
            self.warn("smtp is for urls that start with smtp://: it is left out")
            return None, None
        if section.ignore_tls and section.require_tls:
            self.warn("has both ignoreTLS and requireTLS: TLS is required")
            return False, True
        return section.ignore_tls, section.require_tls

    def _ca(self, section: HostTlsSection) -> str | None:
        """The data, then the contents of the files."""
        data = section.certificate_authorities_data
        texts = [] if data is None else [data]
        for name in section.certificate_authorities_files:
            file = self._folder / name
            try:
                if file.stat().st_size > _LARGEST_FILE:
                    raise ValueError("larger than 1 MB")
                texts.append(file.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                cause = error.strerror if isinstance(error, OSError) else "it holds no certificates"
                self.warn(f"{file} cannot be read ({cause}): it is left out")
        return "\n".join(texts) if texts else None
