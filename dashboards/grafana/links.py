"""Where a click leads: to the other boards with what is chosen here, and to the runbooks."""

from typing import Any

MIGRATION_BOARD, TOPIC_BOARD, GROUPS_BOARD = (
    "kafka-mirror-migration",
    "kafka-mirror-topic",
    "kafka-mirror-groups",
)
TAG = "kafka-mirror"
RUNBOOK_BASE_URL = "https://runbooks.example/kafka-mirror-exporter"


def board_links(runbook_base_url: str) -> list[dict[str, Any]]:
    """The head of every board: its siblings, keeping variables and time, and the runbooks."""
    common = {"asDropdown": False, "keepTime": True, "includeVars": True, "icon": "dashboard", "tooltip": ""}
    siblings = common | {
        "type": "dashboards",
        "title": "Boards",
        "tags": [TAG],
        "targetBlank": False,
        "url": "",
    }
    runbooks = common | {
        "type": "link", "title": "Runbooks", "tags": [], "targetBlank": True, "icon": "doc",
        "url": runbook_base_url, "keepTime": False, "includeVars": False,
        "tooltip": "What to do when an alert fires",
    }  # fmt: skip
    return [siblings, runbooks]


def to_board(uid: str, title: str, *labels: str, of: str = "__data.fields") -> dict[str, Any]:
    """To a board that shows what a row of a table names; `of` is `__field.labels` where a series does."""
    chosen = [f"var-{label}=${{{of}.{label}:percentencode}}" for label in labels]
    query = "&".join(["${datasource:queryparam}", *chosen, "${__url_time_range}"])
    return {"title": title, "url": f"/d/{uid}?{query}", "targetBlank": False}


def to_runbook(runbook_base_url: str) -> dict[str, Any]:
    """From a firing alert to its page."""
    return {
        "title": "Runbook of ${__value.text}",
        "url": f"{runbook_base_url}/${{__data.fields.alertname}}.md",
        "targetBlank": True,
    }
