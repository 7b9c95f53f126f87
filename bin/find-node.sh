# Sourced, with $root set, by bin/vnet and the scripts: looks for a fit Node (22.12 or newer). Sets
# `node` (its path, empty where there is none) and `node_major`. Order: $VNET_NODE, the one that
# scripts/bootstrap put into .node/ of this checkout, the one on the PATH. The function
# `node_headers` prints the folder whose include/node/ has the headers of that Node, or nothing.
# `daemon_flags` is how Node runs a daemon.

# Flags of V8; code in the compile cache is good only for the flags that it was compiled under.
daemon_flags='--optimize-for-size --max-semi-space-size=2'

node_is_fit() {
  node_version=$("$1" --version 2>/dev/null) || return 1
  node_version=${node_version#v}
  node_major=${node_version%%.*}
  node_minor=${node_version#*.}
  node_minor=${node_minor%%.*}
  case $node_major$node_minor in '' | *[!0-9]*) return 1 ;; esac
  [ "$node_major" -gt 22 ] || { [ "$node_major" -eq 22 ] && [ "$node_minor" -ge 12 ]; }
}

node=
for candidate in "${VNET_NODE:-}" "$root/.node/bin/node" "$(command -v node || true)"; do
  if [ -n "$candidate" ] && [ -x "$candidate" ] && node_is_fit "$candidate"; then
    node=$candidate
    break
  fi
done

# The machine may have the headers of another Node there, so the version must agree. The npm package
# `node` has them in a package of its own.
node_headers() {
  prefix=$(dirname "$(dirname "$(readlink -f "$node")")")
  for folder in "$prefix" "$prefix"/node_modules/node-linux-*; do
    version_file=$folder/include/node/node_version.h
    if grep -qs "define NODE_MAJOR_VERSION $node_major\$" "$version_file"; then
      echo "$folder"
      return
    fi
  done
}
