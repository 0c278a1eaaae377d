{{- define "redline.name" -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- end }}

{{- define "redline.selector" -}}
app.kubernetes.io/name: redline
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "redline.labels" -}}
{{ include "redline.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "redline.meta" -}}
name: {{ include "redline.name" .root }}-{{ .part }}
labels:
  {{- include "redline.labels" . | nindent 2 }}
{{- end }}

{{- define "redline.image" -}}
{{- $i := .Values.image -}}
{{ $i.repository }}{{ if $i.digest }}@{{ $i.digest }}{{ else }}:{{ $i.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "redline.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "redline.name" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{- define "redline.claim" -}}{{ .Values.shared.existingClaim | default (printf "%s-shared" (include "redline.name" .)) }}{{- end }}

{{/* Numbers come as floats; 67108864 must not become 6.7108864e+07. */}}
{{- define "redline.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ printf "%.0f" . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* Settings that are the same everywhere, as variables: name to text. */}}
{{- define "redline.settings" -}}
{{- range $section, $keys := .Values.settings }}
{{- range $key, $value := $keys -}}
{{ printf "REDLINE_%s_%s" (upper $section) (upper $key) }}: {{ include "redline.text" $value | quote }}
{{ end }}
{{- end -}}
REDLINE_KAFKA_BOOTSTRAP: {{ required "kafka.bootstrap: where is your Kafka?" .Values.kafka.bootstrap | quote }}
REDLINE_KAFKA_SECURITY: {{ .Values.kafka.security | quote }}
REDLINE_KAFKA_MECHANISM: {{ .Values.kafka.mechanism | quote }}
{{- if .Values.data }}
REDLINE_DATA: {{ .Values.data | quote }}
REDLINE_LOCAL: /var/lib/redline
{{- else }}
REDLINE_DATA: /var/lib/redline
{{- end }}
REDLINE_METRICS_HOST: 0.0.0.0
HOME: /tmp
XDG_CACHE_HOME: /tmp/cache
{{- end }}

{{/* What only this role has: its credentials. Takes root and role. */}}
{{- define "redline.credentials" -}}
{{- $kafka := .root.Values.kafka }}
{{- $secret := index $kafka.secrets .role }}
{{- if hasPrefix "sasl" $kafka.security }}
- name: REDLINE_KAFKA_USER
  valueFrom: {secretKeyRef: {name: {{ required (printf "kafka.secrets.%s: a secret with user and password" .role) $secret | quote }}, key: user}}
- {name: REDLINE_KAFKA_PASSWORD_FILE, value: /run/redline/kafka/password}
{{- end }}
{{- if $kafka.ca }}
- {name: REDLINE_KAFKA_CA_FILE, value: /run/redline/kafka/ca.crt}
{{- end }}
{{- if $kafka.mtls }}
- {name: REDLINE_KAFKA_CERT_FILE, value: /run/redline/kafka/tls.crt}
- {name: REDLINE_KAFKA_KEY_FILE, value: /run/redline/kafka/tls.key}
{{- end }}
{{- end }}

{{- define "redline.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.runAsUser }}
runAsGroup: {{ .Values.runAsUser }}
fsGroup: {{ .Values.runAsUser }}
fsGroupChangePolicy: OnRootMismatch  # else key files would become readable for a group, and be refused
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "redline.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "redline.probes" -}}
ports:
  - {name: metrics, containerPort: {{ .root.Values.settings.metrics.port }}}
  {{- if eq .part "tend" }}
  # Of what it keeps running.
  - {name: metrics-1, containerPort: {{ add .root.Values.settings.metrics.port 1 }}}
  - {name: metrics-2, containerPort: {{ add .root.Values.settings.metrics.port 2 }}}
  {{- end }}
startupProbe:
  httpGet: {path: /live, port: metrics}
  periodSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /live, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /ready, port: metrics}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end }}

{{/* The pod of a part. Takes root, part, role, args, env, mounts, volumes, ports. */}}
{{- define "redline.pod" -}}
{{- $root := .root }}
{{- $own := index $root.Values .part }}
{{- $secret := index $root.Values.kafka.secrets .role }}
metadata:
  labels:
    {{- include "redline.labels" . | nindent 4 }}
  annotations:
    checksum/settings: {{ include "redline.settings" $root | sha256sum }}
    {{- with $root.Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "redline.serviceAccount" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $own.gracePeriodSeconds }}
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- include "redline.podSecurity" $root | nindent 4 }}
  {{- with $root.Values.nodeSelector }}
  nodeSelector: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.tolerations }}
  tolerations: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- if eq $root.Values.shared.accessMode "ReadWriteOnce" }}
  affinity:
    podAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        - topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: redline
              app.kubernetes.io/instance: {{ $root.Release.Name }}
  {{- else }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: {{ $root.Values.topologyKey }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "redline.selector" . | nindent 10 }}
  {{- end }}
  containers:
    - name: {{ .part }}
      image: {{ include "redline.image" $root }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args: {{ toJson .args }}
      envFrom:
        - configMapRef: {name: {{ include "redline.name" $root }}-settings}
        {{- with (eq .part "worker") | ternary $root.Values.objectStore.readerSecretName $root.Values.objectStore.secretName }}
        {{- if ne $.part "gateway" }}
        - secretRef: {name: {{ . }}}
        {{- end }}
        {{- end }}
      env:
        - name: POD_NAME
          valueFrom: {fieldRef: {fieldPath: metadata.name}}
        {{- include "redline.credentials" . | nindent 8 }}
        {{- with .env }}{{ toYaml . | nindent 8 }}{{ end }}
      {{- with $own.resources }}
      resources: {{ toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "redline.security" $root | nindent 8 }}
      {{- include "redline.probes" . | nindent 6 }}
      {{- with .lifecycle }}
      lifecycle: {{ toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        - {name: shared, mountPath: /var/lib/redline, subPath: {{ ternary "gateway" "data" (eq .part "gateway") }}}
        {{- if eq .part "tend" }}
        - {name: shared, mountPath: /var/lib/redline-gateway, subPath: gateway}  # for `redline gateway token`
        {{- end }}
        {{- with .mounts }}{{ toYaml . | nindent 8 }}{{ end }}
        {{- if $secret }}
        - {name: kafka, mountPath: /run/redline/kafka, readOnly: true}
        {{- end }}
        {{- if and $root.Values.alerts.secretName (or (eq .part "sink") (eq .part "tend")) }}
        - {name: alerts, mountPath: /run/redline/alerts, readOnly: true}
        {{- end }}
  volumes:
    - {name: tmp, emptyDir: {sizeLimit: 2Gi}}
    - {name: shared, persistentVolumeClaim: {claimName: {{ include "redline.claim" $root }}}}
    {{- if $secret }}
    - {name: kafka, secret: {secretName: {{ $secret }}, defaultMode: 0440}}
    {{- end }}
    {{- if and $root.Values.alerts.secretName (or (eq .part "sink") (eq .part "tend")) }}
    - {name: alerts, secret: {secretName: {{ $root.Values.alerts.secretName }}, defaultMode: 0440}}
    {{- end }}
{{- end }}

{{- define "redline.disruption" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "redline.meta" . | nindent 2 }}
spec:
  maxUnavailable: {{ (index .root.Values .part).maxUnavailable }}
  selector:
    matchLabels:
      {{- include "redline.selector" . | nindent 6 }}
{{- end }}

{{/* KEDA on the lag of a consumer group. Takes root, part, group, topics. */}}
{{- define "redline.scaling" -}}
{{- $own := index .root.Values .part }}
{{- $kafka := .root.Values.kafka }}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "redline.meta" . | nindent 2 }}
spec:
  scaleTargetRef: {kind: StatefulSet, name: {{ include "redline.name" .root }}-{{ .part }}}
  minReplicaCount: {{ $own.autoscaling.min }}
  maxReplicaCount: {{ $own.autoscaling.max }}
  pollingInterval: 30
  cooldownPeriod: 600
  fallback: {failureThreshold: 5, replicas: {{ $own.replicas }}}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleUp: {stabilizationWindowSeconds: 60, policies: [{type: Percent, value: 100, periodSeconds: 60}]}
        # State moves with partitions: go down slowly.
        scaleDown: {stabilizationWindowSeconds: 1800, policies: [{type: Pods, value: 1, periodSeconds: 300}]}
  triggers:
    {{- range .topics }}
    - type: kafka
      metadata:
        bootstrapServers: {{ $kafka.bootstrap | quote }}
        consumerGroup: {{ $.group }}
        topic: {{ . }}
        lagThreshold: {{ include "redline.text" $own.autoscaling.lag | quote }}
        offsetResetPolicy: earliest
        {{- if hasSuffix "tls" $kafka.security }}
        tls: enable
        {{- end }}
        {{- if hasPrefix "sasl" $kafka.security }}
        sasl: {{ if eq $kafka.mechanism "PLAIN" }}plaintext{{ else }}{{ lower $kafka.mechanism | replace "scram-sha-" "scram_sha" }}{{ end }}
        {{- end }}
      {{- if ne $kafka.security "plaintext" }}
      authenticationRef: {name: {{ include "redline.name" $.root }}-{{ $.part }}}
      {{- end }}
    {{- end }}
{{- if ne $kafka.security "plaintext" }}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata:
  {{- include "redline.meta" . | nindent 2 }}
spec:
  secretTargetRef:
    {{- $secret := index $kafka.secrets .role }}
    {{- if hasPrefix "sasl" $kafka.security }}
    - {parameter: username, name: {{ $secret }}, key: user}
    - {parameter: password, name: {{ $secret }}, key: password}
    {{- end }}
    {{- if $kafka.ca }}
    - {parameter: ca, name: {{ $secret }}, key: ca.crt}
    {{- end }}
    {{- if $kafka.mtls }}
    - {parameter: cert, name: {{ $secret }}, key: tls.crt}
    - {parameter: key, name: {{ $secret }}, key: tls.key}
    {{- end }}
{{- end }}
{{- end }}
