"""TLS contexts of the server."""

import ssl

from kafka_mirror_exporter.errors import ConfigError, Fault
from kafka_mirror_exporter.web.web_config import IF_GIVEN, REQUIRED, TlsSettings

_VERIFICATION = {IF_GIVEN: ssl.CERT_OPTIONAL, REQUIRED: ssl.CERT_REQUIRED}
_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}


def tls_context(settings: TlsSettings) -> ssl.SSLContext:
    """A context with the files as they are now; raises `ConfigError` where one cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings.min_version]
    context.verify_mode = _VERIFICATION.get(settings.client_auth_type, ssl.CERT_NONE)
    context.set_alpn_protocols(["http/1.1"])
    try:
        # The password is a constant: a key that has one must not make the process ask on the terminal.
        context.load_cert_chain(settings.cert_file, settings.key_file, password="")
        if settings.client_ca_file is not None:
            context.load_verify_locations(settings.client_ca_file)
    except (OSError, ValueError) as error:
        sentence = f"a certificate, key or client CA cannot be used: {error}"
        raise ConfigError([Fault(path="tls_server_config", sentence=sentence)]) from error
    return context
