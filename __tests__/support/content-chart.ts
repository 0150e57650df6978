// A chart whose values choose what a rollback may stumble over: image, Secret, hooks, a custom resource definition, a
// custom resource, a StatefulSet with a field that can't be changed.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const all = `apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec:
  replicas: 1
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api, version: {{ .Values.version | quote }} } }
    spec: { containers: [{ name: app, image: {{ .Values.image | quote }} }] }
{{- with .Values.password }}
---
apiVersion: v1
kind: Secret
metadata: { name: access }
stringData: { user: shop, password: {{ . | quote }} }
{{- end }}
{{- with .Values.hook }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ . }}
  annotations: { helm.sh/hook: {{ $.Values.event }}, helm.sh/hook-delete-policy: before-hook-creation }
spec:
  backoffLimit: 0
  template: { spec: { restartPolicy: Never, containers: [{ name: job, image: "registry.example/job:1" }] } }
{{- end }}
{{- if .Values.definition }}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: carts.{{ .Release.Namespace }}.example }
spec:
  group: {{ .Release.Namespace }}.example
  scope: Namespaced
  names: { plural: carts, singular: cart, kind: Cart }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
{{- end }}
{{- if .Values.cart }}
---
apiVersion: {{ .Release.Namespace }}.example/v1
kind: Cart
metadata: { name: chosen }
{{- end }}
{{- with .Values.serviceName }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: store }
spec:
  serviceName: {{ . }}
  replicas: 1
  selector: { matchLabels: { app: store } }
  template:
    metadata: { labels: { app: store } }
    spec: { containers: [{ name: app, image: "registry.example/store:1" }] }
{{- end }}
`;

const values = `version: "1"
image: registry.example/api:1
event: pre-rollback
password: ""
hook: ""
definition: ""
cart: ""
serviceName: ""
`;

export async function writeContentChart(folder: string): Promise<string> {
  const chart = join(folder, 'content-chart');
  await mkdir(join(chart, 'templates'), { recursive: true });
  await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: api\nversion: 1.0.0\n');
  await writeFile(join(chart, 'values.yaml'), values);
  await writeFile(join(chart, 'templates', 'all.yaml'), all);
  return chart;
}
