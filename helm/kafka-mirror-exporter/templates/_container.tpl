{{/* Secrets as files: name of the volume, secret and path. */}}
{{- define "kafka-mirror-exporter.secretMounts" -}}
{{- $mounts := list }}
{{- range $side := list "source" "target" }}
{{- range $part := list "ca" "user" }}
{{- with get (get $.Values.secrets $side) $part }}
{{- $mounts = append $mounts (dict "volume" (printf "%s-%s" $side $part) "secretName" . "mountPath" (printf "/etc/kafka/%s/%s" $side $part)) }}
{{- end }}
{{- end }}
{{- end }}
{{- range $at, $mount := .Values.secretMounts }}
{{- $mounts = append $mounts (merge (dict "volume" (printf "secret-%d" $at)) $mount) }}
{{- end }}
{{- toYaml (dict "mounts" $mounts) }}
{{- end }}

{{/* The container; with isSidecar without a readiness probe, which would decide over MirrorMaker's pod, and without names of ports. */}}
{{- define "kafka-mirror-exporter.container" -}}
{{- $root := .context }}
{{- with $root.Values -}}
name: kafka-mirror-exporter
image: {{ include "kafka-mirror-exporter.image" $root }}
imagePullPolicy: {{ .image.pullPolicy }}
args:
  - serve
  - --config.file=/etc/kafka-mirror-exporter/{{ include "kafka-mirror-exporter.configKey" $root }}
  - --web.listen-address=:{{ .web.port }}
  - --log.level={{ .log.level }}
  - --log.format={{ .log.format }}
  {{- if .web.existingSecret }}
  - --web.config.file=/etc/kafka-mirror-exporter-web/{{ .web.key }}
  {{- end }}
  {{- if .web.enableLifecycle }}
  - --web.enable-lifecycle
  {{- end }}
  {{- range .extraArgs }}
  - {{ . | quote }}
  {{- end }}
{{- with .extraEnv }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  - containerPort: {{ .web.port }}
    {{- if not $.isSidecar }}
    name: http
    {{- end }}
    protocol: TCP
{{- with .livenessProbe }}
livenessProbe:
  {{- include "kafka-mirror-exporter.probe" (dict "probe" . "context" $root) | nindent 2 }}
{{- end }}
{{- if not $.isSidecar }}
{{- with .readinessProbe }}
readinessProbe:
  {{- include "kafka-mirror-exporter.probe" (dict "probe" . "context" $root) | nindent 2 }}
{{- end }}
{{- end }}
resources:
  {{- toYaml .resources | nindent 2 }}
securityContext:
  {{- toYaml .securityContext | nindent 2 }}
volumeMounts:
  {{- include "kafka-mirror-exporter.volumeMounts" $root | nindent 2 }}
{{- end }}
{{- end }}

{{/* A probe by the number of the port, and over HTTPS where TLS is on. */}}
{{- define "kafka-mirror-exporter.probe" -}}
{{- $probe := deepCopy .probe }}
{{- with $probe.httpGet }}
{{- if eq (.port | toString) "http" }}{{ $_ := set . "port" (int $.context.Values.web.port) }}{{ end }}
{{- if $.context.Values.web.tls }}{{ $_ := set . "scheme" "HTTPS" }}{{ end }}
{{- end }}
{{- toYaml $probe }}
{{- end }}

{{- define "kafka-mirror-exporter.volumeMounts" -}}
- name: config
  mountPath: /etc/kafka-mirror-exporter
  readOnly: true
{{- if .Values.web.existingSecret }}
- name: web
  mountPath: /etc/kafka-mirror-exporter-web
  readOnly: true
{{- end }}
{{- if .Values.persistence.enabled }}
- name: state
  mountPath: /var/lib/kafka-mirror-exporter
{{- end }}
{{- range (include "kafka-mirror-exporter.secretMounts" . | fromYaml).mounts }}
- name: {{ .volume }}
  mountPath: {{ .mountPath }}
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Whole folders, never a subPath: what is renewed arrives in them. Read by any user, since the group of MirrorMaker's pods is not ours to set;
     only containers that mount a secret see it. */}}
{{- define "kafka-mirror-exporter.volumes" -}}
- name: config
  {{- if or .Values.existingConfig.secret (and .Values.configInSecret (include "kafka-mirror-exporter.isConfigOwn" .)) }}
  secret:
    secretName: {{ .Values.existingConfig.secret | default (include "kafka-mirror-exporter.fullname" .) }}
    defaultMode: 0444
  {{- else }}
  configMap:
    name: {{ .Values.existingConfig.configMap | default (include "kafka-mirror-exporter.fullname" .) }}
  {{- end }}
{{- if .Values.web.existingSecret }}
- name: web
  secret:
    secretName: {{ .Values.web.existingSecret }}
    defaultMode: 0444
{{- end }}
{{- if .Values.persistence.enabled }}
- name: state
  persistentVolumeClaim:
    claimName: {{ .Values.persistence.existingClaim | default (include "kafka-mirror-exporter.fullname" .) }}
{{- end }}
{{- range (include "kafka-mirror-exporter.secretMounts" . | fromYaml).mounts }}
- name: {{ .volume }}
  secret:
    secretName: {{ .secretName }}
    defaultMode: 0444
    {{- with .items }}
    items:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
