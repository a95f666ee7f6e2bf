{{/* What a schema cannot say: each fault ends the rendering with what to do about it. */}}
{{- define "kafka-mirror-exporter.checks" -}}
{{- include "kafka-mirror-exporter.checkConfig" . }}
{{- include "kafka-mirror-exporter.checkState" . }}
{{- include "kafka-mirror-exporter.checkMonitoring" . }}
{{- end }}

{{- define "kafka-mirror-exporter.checkConfig" -}}
{{- $existing := .Values.existingConfig }}
{{- if and $existing.configMap $existing.secret }}
{{- fail "existingConfig.configMap and existingConfig.secret: name one of them" }}
{{- end }}
{{- $given := or .Values.config .Values.configText }}
{{- if and .Values.config .Values.configText }}
{{- fail "config and configText: give one of them" }}
{{- end }}
{{- if and (include "kafka-mirror-exporter.isConfigOwn" .) (not $given) }}
{{- fail "config is empty: two addresses are enough, --set 'config.mirrors[0].source.bootstrap_servers=HOST:PORT' --set 'config.mirrors[0].target.bootstrap_servers=HOST:PORT'" }}
{{- end }}
{{- if and (not (include "kafka-mirror-exporter.isConfigOwn" .)) $given }}
{{- fail "config and existingConfig: give one of them" }}
{{- end }}
{{- end }}

{{- define "kafka-mirror-exporter.checkState" -}}
{{- $config := include "kafka-mirror-exporter.configSeen" . | fromYaml }}
{{- $state := get $config "state_file" }}
{{- $hasFallback := include "kafka-mirror-exporter.hasFallback" . }}
{{- if eq .Values.mode "sidecar-snippet" }}
{{- if or $hasFallback .Values.persistence.enabled }}
{{- fail "sidecars keep no state: the fallback and a volume need mode=deployment, one pod with a name that lasts" }}
{{- end }}
{{- end }}
{{- if and (include "kafka-mirror-exporter.isSingle" .) (gt (int .Values.replicaCount) 1) }}
{{- fail "replicaCount must be 1 with the fallback or a volume: two would fight over the state" }}
{{- end }}
{{- if and $hasFallback (not .Values.persistence.enabled) (ne ($state | toString) "none") }}
{{- fail "the fallback must survive a restart: persistence.enabled=true, or config.state_file=none, which says that nothing must" }}
{{- end }}
{{- if and $state (ne $state "none") (not .Values.persistence.enabled) (not .Values.extraVolumeMounts) }}
{{- fail "config.state_file needs a place to write to: persistence.enabled=true, or extraVolumes of your own" }}
{{- end }}
{{- if and .Values.persistence.enabled .Values.configText (not $state) }}
{{- fail (printf "configText names no state_file: write state_file: %s" (include "kafka-mirror-exporter.stateFile" .)) }}
{{- end }}
{{- end }}

{{- define "kafka-mirror-exporter.checkMonitoring" -}}
{{- $isSidecar := eq .Values.mode "sidecar-snippet" }}
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled }}
{{- fail "serviceMonitor and podMonitor would scrape twice: enable one of them" }}
{{- end }}
{{- if and $isSidecar .Values.serviceMonitor.enabled }}
{{- fail "a sidecar has no Service: use podMonitor" }}
{{- end }}
{{- if and $isSidecar .Values.podMonitor.enabled (not .Values.podMonitor.selectorLabels) }}
{{- fail "podMonitor.selectorLabels: name the labels of MirrorMaker's pods" }}
{{- end }}
{{- $interval := dig "poll" "interval" "5s" (include "kafka-mirror-exporter.configSeen" . | fromYaml) }}
{{- if and .Values.prometheusRule.enabled (not .Values.prometheusRule.groups) (not (regexMatch "^[1-5]s$" $interval)) }}
{{- fail (printf "the shipped rules are made for polls of 5s at most, not %s: prometheusRule.groups takes those that alerts/generate.py --poll-interval-seconds writes" $interval) }}
{{- end }}
{{- if .Values.alertmanagerConfig.enabled }}
{{- $names := list }}
{{- range .Values.alertmanagerConfig.receivers }}{{ $names = append $names .name }}{{ end }}
{{- range list "pager" "chat" "heartbeat" }}
{{- if not (has . $names) }}{{ fail (printf "alertmanagerConfig.receivers lacks %s" .) }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
