// The command lines of the processes that make up the test cluster.
import { join } from 'node:path';
import type { ProcessRequest } from './supervisor.ts';

export interface ClusterLayout {
  /** Where certificates, keys, data and configuration lie. */
  readonly folder: string;
  readonly etcdPort: number;
  readonly etcdPeerPort: number;
  readonly apiPort: number;
  /** Where kwok answers for the kubelet: logs, exec, port-forward. */
  readonly kubeletPort: number;
}

export const layoutFiles = {
  tokens: 'tokens.csv',
  serviceAccountKey: 'service-account.key',
  /** Written by the API server: its certificate, followed by the authority that signed it. */
  certificate: 'certificates/apiserver.crt',
  certificateKey: 'certificates/apiserver.key',
  kubeconfig: 'kubeconfig-admin.json',
  stages: 'stages.yaml',
} as const;

export function etcd(command: string, layout: ClusterLayout): ProcessRequest {
  const client = `http://127.0.0.1:${layout.etcdPort}`;
  const peer = `http://127.0.0.1:${layout.etcdPeerPort}`;
  const args = [
    '--name=test',
    `--data-dir=${join(layout.folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=test=${peer}`,
    // The data is thrown away anyway.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
  return { name: 'etcd', command, args };
}

export function apiServer(command: string, layout: ClusterLayout): ProcessRequest {
  const key = join(layout.folder, layoutFiles.serviceAccountKey);
  const args = [
    `--etcd-servers=http://127.0.0.1:${layout.etcdPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${layout.apiPort}`,
    // It makes its own certificate there.
    `--cert-dir=${join(layout.folder, 'certificates')}`,
    `--token-auth-file=${join(layout.folder, layoutFiles.tokens)}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    // Pods need no token mounted: there is no container to read it.
    '--disable-admission-plugins=ServiceAccount',
    // Loopback is no legal endpoint address, and nothing here asks for it.
    '--endpoint-reconciler-type=none',
    // One client must not be slowed down on behalf of others that do not exist.
    '--enable-priority-and-fairness=false',
    '--profiling=false',
  ];
  return { name: 'kube-apiserver', command, args };
}

export function controllerManager(command: string, layout: ClusterLayout): ProcessRequest {
  const args = [
    `--kubeconfig=${join(layout.folder, layoutFiles.kubeconfig)}`,
    '--leader-elect=false',
    '--secure-port=0',
    `--service-account-private-key-file=${join(layout.folder, layoutFiles.serviceAccountKey)}`,
    `--root-ca-file=${join(layout.folder, layoutFiles.certificate)}`,
    // Its own limit of 20 requests a second would be what every measurement measures.
    '--kube-api-qps=2000',
    '--kube-api-burst=4000',
    '--profiling=false',
  ];
  return { name: 'kube-controller-manager', command, args };
}

export function scheduler(command: string, layout: ClusterLayout): ProcessRequest {
  const args = [
    `--kubeconfig=${join(layout.folder, layoutFiles.kubeconfig)}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--kube-api-qps=2000',
    '--kube-api-burst=4000',
    '--profiling=false',
  ];
  return { name: 'kube-scheduler', command, args };
}

/** @param watched kinds of its own that it shall look for on the API server, besides those in its file */
export function kwok(command: string, layout: ClusterLayout, watched: readonly string[]): ProcessRequest {
  const args = [
    `--enable-crds=${watched.join(',')}`,
    `--kubeconfig=${join(layout.folder, layoutFiles.kubeconfig)}`,
    `--config=${join(layout.folder, layoutFiles.stages)}`,
    '--manage-all-nodes=true',
    '--cidr=10.0.0.0/16',
    '--node-ip=127.0.0.1',
    `--node-port=${layout.kubeletPort}`,
    // Without it, it would listen on every address of this machine.
    `--server-address=127.0.0.1:${layout.kubeletPort}`,
    `--tls-cert-file=${join(layout.folder, layoutFiles.certificate)}`,
    `--tls-private-key-file=${join(layout.folder, layoutFiles.certificateKey)}`,
    // The heartbeat: without it the node turns NotReady after 40 s and every pod on it loses Ready.
    '--node-lease-duration-seconds=40',
  ];
  // Its default settings file in the home folder must not leak in.
  return { name: 'kwok', command, args, env: { HOME: layout.folder } };
}

/** The one node, large enough for whatever a test deploys. */
export const nodeManifest = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name: 'node-1',
    annotations: { 'kwok.x-k8s.io/node': 'fake' },
    labels: {
      'kubernetes.io/hostname': 'node-1',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
    },
  },
  status: {
    capacity: { cpu: '256', memory: '1Ti', pods: '10000' },
    allocatable: { cpu: '256', memory: '1Ti', pods: '10000' },
  },
} as const;
