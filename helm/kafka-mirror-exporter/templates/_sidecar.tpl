{{/* For charts of your own: the container, to stand among initContainers (Kubernetes 1.29 or newer) or containers. */}}
{{- define "kafka-mirror-exporter.sidecar" -}}
{{- include "kafka-mirror-exporter.checks" . }}
{{- include "kafka-mirror-exporter.container" (dict "context" . "isSidecar" true) }}
{{- if include "kafka-mirror-exporter.isNative" . }}
restartPolicy: Always
{{- end }}
{{- end }}

{{- define "kafka-mirror-exporter.isNative" -}}
{{- if semverCompare ">=1.29.0-0" .Capabilities.KubeVersion.Version }}yes{{ end }}
{{- end }}

{{/* A patch for the Deployment or StatefulSet whose pods run MirrorMaker. */}}
{{- define "kafka-mirror-exporter.patch" -}}
spec:
  template:
    spec:
      {{ ternary "initContainers" "containers" (eq (include "kafka-mirror-exporter.isNative" .) "yes") }}:
        - {{- include "kafka-mirror-exporter.sidecar" . | nindent 10 }}
      volumes:
        {{- include "kafka-mirror-exporter.volumes" . | nindent 8 }}
{{- end }}
