#!/usr/bin/env bash
# Puts kubectl and Helm of exactly the asked versions on the PATH. What is there already in that version is used;
# anything else is downloaded and compared with a pinned SHA-256 before it is unpacked or run.
set -euo pipefail

checksums="$(dirname "${BASH_SOURCE[0]}")/checksums.txt"
tools="$RUNNER_TEMP/rollback-plan-tools"

fail() {
  # Both streams reach the runner, and only this one is not captured by a command substitution.
  echo "::error title=$1::$2" >&2
  exit 1
}

machine() {
  local arch
  case "$(uname -m)" in
    x86_64 | amd64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "no $1 for this machine" "There is no pinned $1 for $(uname -s) $(uname -m): install $2 on the runner." ;;
  esac
  [[ "$(uname -s)" == Linux ]] || fail "no $1 for this machine" "There is no pinned $1 for $(uname -s): install $2 on the runner."
  echo "linux-$arch"
}

# The version that a tool on the PATH says it has, such as 4.1.4; nothing where there is none.
version_of() {
  case "$1" in
    kubectl) kubectl version --client --output=json ;;
    helm) helm version --template '{{.Version}}' ;;
  esac 2>/dev/null | grep -oE 'v[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9.+-]*' | head -n 1 | cut -c2- || true
}

# $1 tool, $2 version, $3 checksum that the caller gave, $4 where to download
provide() {
  local tool=$1 version=${2#v} given=$3 source=${4%/} machine known checksum url file
  [[ -n "$version" ]] || return 0
  [[ "$version" =~ ^[0-9]+\.[0-9]+\.[0-9]+([+-][A-Za-z0-9.+-]+)?$ ]] ||
    fail "$tool-version" "The input $tool-version is not a version: write it whole, such as 1.35.2."
  if [[ "$(version_of "$tool")" == "$version" ]]; then
    echo "$tool $version is on the PATH already: $(command -v "$tool")"
    return 0
  fi
  machine=$(machine "$tool" "$version")
  known=$(awk -v t="$tool" -v v="$version" -v m="$machine" '$1 == t && $2 == v && $3 == m { print $4 }' "$checksums")
  checksum=${given:-$known}
  [[ -n "$checksum" ]] ||
    fail "no checksum for $tool $version" "No SHA-256 of $tool $version for $machine is pinned: give the input $tool-sha256, or take one of: $(awk -v t="$tool" -v m="$machine" '$1 == t && $3 == m { printf "%s ", $2 }' "$checksums")"
  [[ "$checksum" =~ ^[0-9a-fA-F]{64}$ ]] ||
    fail "$tool-sha256" "The input $tool-sha256 is not a SHA-256: it has 64 hexadecimal digits."

  mkdir -p "$tools/bin"
  case "$tool" in
    kubectl) url="$source/v$version/bin/${machine/-//}/kubectl" file="$tools/kubectl-$version" ;;
    helm) url="$source/helm-v$version-$machine.tar.gz" file="$tools/helm-$version.tar.gz" ;;
  esac
  curl --fail --silent --show-error --location --proto-redir '=https' --retry 3 --connect-timeout 15 --max-time 180 \
    --output "$file" "$url" || fail "$tool $version" "Downloading $url failed: see the lines above. A runner without that way out needs $tool $version installed, or the input $tool-source."
  if ! echo "$checksum  $file" | sha256sum --check --status; then
    echo "got $(sha256sum "$file" | cut -d ' ' -f 1), expected $checksum"
    rm -f "$file"
    fail "wrong checksum of $tool $version" "What $url gave is not the pinned $tool $version. It was thrown away and nothing of it ran."
  fi
  case "$tool" in
    kubectl) install -m 0755 "$file" "$tools/bin/kubectl" ;;
    helm) tar -xzf "$file" -C "$tools/bin" --strip-components=1 "$machine/helm" ;;
  esac
  rm -f "$file"
  PATH="$tools/bin:$PATH"
  hash -r
  [[ "$(version_of "$tool")" == "$version" ]] ||
    fail "$tool $version" "The downloaded $tool says that it is $(version_of "$tool"), not $version."
  echo "$tool $version: downloaded, checksum as pinned"
}

provide kubectl "$KUBECTL_VERSION" "$KUBECTL_SHA256" "$KUBECTL_SOURCE"
provide helm "$HELM_CLI_VERSION" "$HELM_CLI_SHA256" "$HELM_CLI_SOURCE"
if [[ -d "$tools/bin" ]]; then echo "$tools/bin" >> "$GITHUB_PATH"; fi
