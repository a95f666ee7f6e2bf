{{/* What both monitors share: how one endpoint is scraped. */}}
{{- define "kafka-mirror-exporter.endpoint" -}}
{{- with .monitor -}}
path: /metrics
interval: {{ .interval }}
scrapeTimeout: {{ .scrapeTimeout }}
scheme: {{ ternary "https" "http" $.context.Values.web.tls }}
{{- range $key := list "relabelings" "metricRelabelings" "tlsConfig" "basicAuth" }}
{{- with get $.monitor $key }}
{{ toYaml (dict $key .) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
