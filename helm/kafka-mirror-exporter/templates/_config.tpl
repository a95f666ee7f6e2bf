{{- define "kafka-mirror-exporter.stateFile" -}}
/var/lib/kafka-mirror-exporter/state.json
{{- end }}

{{/* The configuration as a dictionary, as far as the chart can see it. */}}
{{- define "kafka-mirror-exporter.configSeen" -}}
{{- $config := .Values.config }}
{{- with .Values.configText }}
{{- $config = fromYaml . }}
{{- if hasKey $config "Error" }}{{ fail (printf "configText: %s" (get $config "Error")) }}{{ end }}
{{- end }}
{{- toYaml $config }}
{{- end }}

{{/* The file: text as it was given, a dictionary with its state file on the volume. */}}
{{- define "kafka-mirror-exporter.configText" -}}
{{- if .Values.configText }}
{{- .Values.configText }}
{{- else }}
{{- $config := deepCopy .Values.config }}
{{- if and .Values.persistence.enabled (not (hasKey $config "state_file")) }}
{{- $_ := set $config "state_file" (include "kafka-mirror-exporter.stateFile" .) }}
{{- end }}
{{- toYaml $config }}
{{- end }}
{{- end }}

{{- define "kafka-mirror-exporter.isConfigOwn" -}}
{{- if not (or .Values.existingConfig.configMap .Values.existingConfig.secret) }}yes{{ end }}
{{- end }}

{{- define "kafka-mirror-exporter.configKey" -}}
{{- ternary "config.yaml" .Values.existingConfig.key (eq (include "kafka-mirror-exporter.isConfigOwn" .) "yes") }}
{{- end }}

{{- define "kafka-mirror-exporter.hasFallback" -}}
{{- $config := include "kafka-mirror-exporter.configSeen" . | fromYaml }}
{{- if dig "fallback" "enabled" false $config }}yes{{ end }}
{{- end }}

{{/* One pod, never two: with a file to write, and with a state to tell. */}}
{{- define "kafka-mirror-exporter.isSingle" -}}
{{- if or .Values.persistence.enabled (include "kafka-mirror-exporter.hasFallback" .) }}yes{{ end }}
{{- end }}
