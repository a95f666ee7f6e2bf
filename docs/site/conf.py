"""How the pages become a site, by Sphinx and MyST: from where they lie, so that links work here, too."""

from importlib.metadata import version as installed_version

project = "Kafka Mirror Exporter"
author = "The Kafka Mirror Exporter authors"
project_copyright = "The Kafka Mirror Exporter authors, Apache License 2.0"
version = release = installed_version("kafka-mirror-exporter")

extensions = ["myst_parser"]
# The source folder is the whole checkout: alerts and boards keep their pages beside what they describe.
include_patterns = [
    "docs/*.md",
    "docs/platforms/*.md",
    "alerts/README.md",
    "alerts/runbooks/*.md",
    "dashboards/README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
]
root_doc = "docs/index"
nitpicky = True
myst_heading_anchors = 3
myst_enable_extensions = ["attrs_inline", "colon_fence"]

html_theme = "furo"
html_title = f"Kafka Mirror Exporter {release}"
html_theme_options = {"navigation_with_keys": True}
html_extra_path = ["extra"]
html_show_sphinx = False
html_copy_source = False
