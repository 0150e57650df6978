// A workload that no tool owns, in one version: its image's tag says which.

export function workloadManifest(
  kind: 'Deployment' | 'StatefulSet',
  version: string,
  more: { readonly behaviour?: string; readonly strategy?: string } = {},
): string {
  const own =
    kind === 'StatefulSet'
      ? `  serviceName: api\n  updateStrategy: { type: ${more.strategy ?? 'RollingUpdate'} }\n`
      : '';
  const behaviour = more.behaviour === undefined ? '' : `, behaviour: ${more.behaviour}`;
  return `apiVersion: apps/v1
kind: ${kind}
metadata: { name: api }
spec:
${own}  replicas: 1
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api${behaviour} } }
    spec: { containers: [{ name: app, image: "registry.example/api:${version}" }] }
`;
}
