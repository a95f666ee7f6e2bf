"""One post of JSON, and what counts as its acceptance."""

from collections.abc import Mapping

import requests

from kafka_mirror_exporter.errors import NotDelivered

_ACCEPTED = range(200, 300)


def post_json(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    timeout_seconds: float,
    ca_file: str | None = None,
) -> None:
    """Raises `NotDelivered` unless it was accepted; a redirect is no acceptance.

    What an error says of the address stays out of the sentence: a token may stand in it.
    """
    try:
        answer = requests.post(
            url, data=body, headers={**headers, "Content-Type": "application/json"},
            timeout=timeout_seconds, allow_redirects=False, stream=True, verify=ca_file or True,
        )  # fmt: skip
    except (requests.RequestException, ValueError) as failure:
        raise NotDelivered(type(failure).__name__) from failure
    except OSError as failure:
        raise NotDelivered(f"the file {ca_file} of trusted authorities cannot be read") from failure
    answer.close()
    if answer.status_code not in _ACCEPTED:
        raise NotDelivered(f"it answered {answer.status_code}")
