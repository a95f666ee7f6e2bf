"""Tells others directly: one thread for each receiver, fed by what changed, and never waited for."""

from kafka_mirror_exporter.notify.alertmanager import Alertmanager, posted_alert
from kafka_mirror_exporter.notify.outbox import Key
from kafka_mirror_exporter.notify.receiver import OUTCOMES, Pace, Receiver
from kafka_mirror_exporter.notify.sequence import Sequence
from kafka_mirror_exporter.notify.webhook import Webhook

__all__ = ["OUTCOMES", "Alertmanager", "Key", "Pace", "Receiver", "Sequence", "Webhook", "posted_alert"]
