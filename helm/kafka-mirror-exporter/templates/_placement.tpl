{{/* Where the pods run. */}}
{{- define "kafka-mirror-exporter.placement" -}}
{{ if .Values.affinity -}}
affinity:
  {{- toYaml .Values.affinity | nindent 2 }}
{{- else if .Values.besideMirror.enabled -}}
affinity:
  podAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          labelSelector:
            matchLabels:
              {{- toYaml .Values.besideMirror.podLabels | nindent 14 }}
          topologyKey: {{ .Values.besideMirror.topologyKey }}
          {{- with .Values.besideMirror.namespaces }}
          namespaces:
            {{- toYaml . | nindent 12 }}
          {{- end }}
{{- end }}
{{- range $key := list "nodeSelector" "tolerations" "topologySpreadConstraints" "priorityClassName" }}
{{- with get $.Values $key }}
{{ toYaml (dict $key .) }}
{{- end }}
{{- end }}
{{- end }}
