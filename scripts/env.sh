# Sourced by the Makefile and the scripts, with the checkout as current folder: puts a fit Node and
# the project's tools first on the PATH. Sets `root`, `node`, `node_major`.

root=$(pwd -P)
. "$root/bin/find-node.sh"
if [ -z "$node" ]; then
  echo "error: no Node 22.12 or newer; try: scripts/bootstrap" >&2
  exit 1
fi
PATH=$(dirname "$node"):$root/node_modules/.bin:$PATH
export PATH
# Node 22 strips types and has SQLite behind flags; newer ones need none.
if [ "$node_major" -eq 22 ]; then
  NODE_OPTIONS='--experimental-strip-types --experimental-sqlite'
  export NODE_OPTIONS="$NODE_OPTIONS --disable-warning=ExperimentalWarning"
fi
