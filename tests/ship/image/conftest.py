"""The image, built once for all tests of it."""

import pytest

from kafka_mirror_exporter import __version__

from rig.containers import build_image

REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="session")
def image() -> str:
    """The name of the image."""
    return build_image("test", arguments=[f"VERSION={__version__}", f"REVISION={REVISION}"])
