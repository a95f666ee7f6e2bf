{{- define "kafka-mirror-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "kafka-mirror-exporter.fullname" -}}
{{- $name := include "kafka-mirror-exporter.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* What never changes over the life of a release. */}}
{{- define "kafka-mirror-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "kafka-mirror-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The test's pod is none of the release's: no Service, budget or policy may take it for one. */}}
{{- define "kafka-mirror-exporter.testLabels" -}}
app.kubernetes.io/name: {{ include "kafka-mirror-exporter.name" . | trunc 58 | trimSuffix "-" }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* A dictionary, so that labels given twice stand once. */}}
{{- define "kafka-mirror-exporter.labels" -}}
{{- $own := include "kafka-mirror-exporter.selectorLabels" .context | fromYaml }}
{{- $_ := set $own "app.kubernetes.io/version" (.context.Chart.AppVersion | toString) }}
{{- $_ := set $own "app.kubernetes.io/managed-by" .context.Release.Service }}
{{- $_ := set $own "app.kubernetes.io/part-of" "kafka-mirror-exporter" }}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .context.Chart.Name .context.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") }}
{{- toYaml (merge dict (.labels | default dict) $own .context.Values.commonLabels) }}
{{- end }}

{{/* metadata: name, namespace, labels and annotations of one object. */}}
{{- define "kafka-mirror-exporter.metadata" -}}
name: {{ include "kafka-mirror-exporter.fullname" .context }}{{ .suffix | default "" }}
namespace: {{ .namespace | default .context.Release.Namespace }}
labels:
  {{- include "kafka-mirror-exporter.labels" . | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "kafka-mirror-exporter.serviceAccountName" -}}
{{- $own := ternary (include "kafka-mirror-exporter.fullname" .) "default" .Values.serviceAccount.create }}
{{- default $own .Values.serviceAccount.name }}
{{- end }}

{{- define "kafka-mirror-exporter.image" -}}
{{- $image := .Values.image }}
{{- with $image.registry }}{{ . }}/{{ end }}{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}
