"""Alertmanager's configuration in the words of the operator's AlertmanagerConfig."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_MATCHER = re.compile(r'(?P<name>\w+)(?P<type>=~|!~|!=|=)"(?P<value>[^"]*)"')
_NAMES = {
    "group_by": "groupBy",
    "group_wait": "groupWait",
    "group_interval": "groupInterval",
    "repeat_interval": "repeatInterval",
}


def alertmanager_spec(config: Mapping[str, Any]) -> dict[str, Any]:
    """Routes and inhibition; receivers are the site's own."""
    return {
        "route": _route(config["route"]),
        "inhibitRules": [
            {
                "sourceMatch": _matchers(rule["source_matchers"]),
                "targetMatch": _matchers(rule["target_matchers"]),
                "equal": rule["equal"],
            }
            for rule in config["inhibit_rules"]
        ],
    }


def _route(route: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in route.items():
        if key == "matchers":
            made[key] = _matchers(value)
        elif key == "routes":
            made[key] = [_route(below) for below in value]
        else:
            made[_NAMES.get(key, key)] = value
    return made


def _matchers(texts: Sequence[str]) -> list[dict[str, str]]:
    found = [_MATCHER.fullmatch(text) for text in texts]
    return [
        {"name": match["name"], "matchType": match["type"], "value": match["value"]}
        for match in found
        if match is not None
    ]
